package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"time"

	"github.com/quic-go/quic-go"
)

// overQUIC sends over one stream of quic-go as it is by default, encrypted.
func overQUIC(ctx context.Context, l *lossyLink, octets int) error {
	serverTLS, err := certificate()
	if err != nil {
		return err
	}
	listener, err := quic.ListenAddr("127.0.0.1:0", serverTLS, nil)
	if err != nil {
		return err
	}
	defer listener.Close()
	addr, err := l.toward(listener.Addr().String())
	if err != nil {
		return err
	}
	received := make(chan error, 1)
	go func() {
		conn, err := listener.Accept(ctx)
		if err != nil {
			received <- err
			return
		}
		stream, err := conn.AcceptStream(ctx)
		if err == nil {
			err = receiveStream(stream, l, octets)
		}
		if err == nil {
			_, err = stream.Write([]byte{1})
		}
		received <- err
	}()
	conn, err := quic.DialAddr(ctx, addr, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"bulk"}}, nil)
	if err != nil {
		return err
	}
	defer conn.CloseWithError(0, "")
	began := time.Now()
	stream, err := conn.OpenStreamSync(ctx)
	if err != nil {
		return err
	}
	deadline, _ := ctx.Deadline()
	if err := stream.SetDeadline(deadline); err != nil {
		return err
	}
	err = sendStream(stream, l, octets, received)
	l.took = time.Since(began)
	return err
}

// certificate makes a certificate that nobody needs to trust.
func certificate() (*tls.Config, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		NextProtos:   []string{"bulk"},
	}, nil
}
