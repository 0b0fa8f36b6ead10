package vectors

// UnknownTypes returns the TYPE values that the vector takes to be unknown. Where
// a registry has allocated one of them, the vector does not hold: it is about
// endpoints that have not been told of that type. [TYP-3] [TYP-5]
func (v Vector) UnknownTypes() []uint8 {
	const invalid = "InvalidFrameType"
	switch v.Family {
	case FamilyFrame, FamilyGenerated, FamilyGofuzz:
		if v.Expect.Error == invalid && len(v.Octets) > 3 {
			return []uint8{v.Octets[3]}
		}
	case FamilyPriority:
		if v.Expect.Error == invalid && len(v.Octets) == 1 {
			return []uint8{v.Octets[0]}
		}
	case FamilyRefuse:
		if v.Frame != nil && (v.Frame.Type == 0 || v.Frame.Type > 8) {
			return []uint8{v.Frame.Type}
		}
	case FamilyStream:
		return unknownInStream(v.Octets, v.Expect.Frames)
	}
	return nil
}

func unknownInStream(octets []byte, items []Item) []uint8 {
	var types []uint8
	for _, item := range items {
		size := declared(octets)
		if size > int64(len(octets)) {
			break
		}
		if item.Error != "" {
			types = append(types, octets[3])
		}
		octets = octets[size:]
	}
	return types
}
