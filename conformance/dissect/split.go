package dissect

// Split cuts a stream into its frames by length arithmetic alone [FRM-6]. rest
// is the beginning of a frame that is not all there yet; it aliases stream.
//
// A frame with a wrong checksum, type or header section is cut out like any
// other and tells its violations. With wrong MAGIC, VERSION or size nobody can
// tell where the next frame begins: such a frame is the last one, and what comes
// after it is given up, rest being empty.
func Split(stream []byte, o Options) (frames []Frame, rest []byte) {
	for len(stream) > 0 {
		f := Decode(stream, o)
		switch f.Class() {
		case "Incomplete":
			return frames, stream
		case "InvalidMagic", "InvalidVersion", "FrameTooLarge":
			return append(frames, f), nil
		}
		frames = append(frames, f)
		stream = stream[f.Total:]
	}
	return frames, nil
}
