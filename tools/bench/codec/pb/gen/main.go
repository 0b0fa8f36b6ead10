// Command gen writes frame.pb.go, with protoc-gen-go and without protoc: what protoc
// would have made of a .proto file is put together here.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run() error {
	request, err := proto.Marshal(&pluginpb.CodeGeneratorRequest{
		FileToGenerate: []string{"frame.proto"},
		Parameter:      proto.String("paths=source_relative"),
		ProtoFile:      []*descriptorpb.FileDescriptorProto{file()},
	})
	if err != nil {
		return err
	}
	plugin := exec.Command("go", "run", "google.golang.org/protobuf/cmd/protoc-gen-go")
	plugin.Stdin, plugin.Stderr = bytes.NewReader(request), os.Stderr
	out, err := plugin.Output()
	if err != nil {
		return fmt.Errorf("protoc-gen-go: %w", err)
	}
	var response pluginpb.CodeGeneratorResponse
	if err := proto.Unmarshal(out, &response); err != nil {
		return err
	}
	if response.Error != nil {
		return errors.New(response.GetError())
	}
	for _, f := range response.GetFile() {
		if err := os.WriteFile(f.GetName(), []byte(f.GetContent()), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// file is this:
//
//	syntax = "proto3";
//	message Header { bytes key = 1; bytes value = 2; }
//	message Frame { repeated Header headers = 1; bytes payload = 2; }
func file() *descriptorpb.FileDescriptorProto {
	octets := descriptorpb.FieldDescriptorProto_TYPE_BYTES
	field := func(name string, number int32) *descriptorpb.FieldDescriptorProto {
		return &descriptorpb.FieldDescriptorProto{
			Name: proto.String(name), JsonName: proto.String(name), Number: proto.Int32(number),
			Type:  &octets,
			Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
		}
	}
	headers := field("headers", 1)
	headers.Type = descriptorpb.FieldDescriptorProto_TYPE_MESSAGE.Enum()
	headers.TypeName = proto.String(".bench.Header")
	headers.Label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum()
	return &descriptorpb.FileDescriptorProto{
		Name: proto.String("frame.proto"), Package: proto.String("bench"), Syntax: proto.String("proto3"),
		Options: &descriptorpb.FileOptions{
			GoPackage: proto.String("github.com/vstp-project/vstp/tools/bench/codec/pb"),
		},
		MessageType: []*descriptorpb.DescriptorProto{
			{Name: proto.String("Header"), Field: []*descriptorpb.FieldDescriptorProto{field("key", 1), field("value", 2)}},
			{Name: proto.String("Frame"), Field: []*descriptorpb.FieldDescriptorProto{headers, field("payload", 2)}},
		},
	}
}
