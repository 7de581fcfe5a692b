// What all calls share: errors of the contract, limits of fields, and the session.
package main

import (
	"context"
	"fmt"
	"log"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	pb "outboard.dev/examples/provider/generated/outboard/provider/v1"
)

// refuse makes an error of the contract. The code stands in the proto file, as an option of the reason.
func refuse(reason pb.ErrorReason, message string, more ...string) error {
	options := reason.Descriptor().Values().ByNumber(reason.Number()).Options()
	info := proto.GetExtension(options, pb.E_OutboardReason).(*pb.ReasonInfo)
	var code codes.Code
	_ = code.UnmarshalJSON([]byte(`"` + info.Code + `"`))
	name := strings.TrimPrefix(reason.String(), "ERROR_REASON_")
	details := &errdetails.ErrorInfo{Reason: name, Domain: "outboard.dev", Metadata: map[string]string{}}
	for at := 0; at+1 < len(more); at += 2 {
		details.Metadata[more[at]] = more[at+1]
	}
	result, err := status.New(code, message).WithDetails(details)
	if err != nil {
		return status.Error(codes.Internal, "internal error")
	}
	return result.Err()
}

func bad(format string, args ...any) error {
	return refuse(pb.ErrorReason_ERROR_REASON_BAD_REQUEST, fmt.Sprintf(format, args...))
}

// checkLimits refuses what is over the limits that the fields of the proto files state.
func checkLimits(message protoreflect.Message, path string) (err error) {
	message.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		bytes := int(proto.GetExtension(field.Options(), pb.E_OutboardMaxBytes).(uint32))
		items := int(proto.GetExtension(field.Options(), pb.E_OutboardMaxItems).(uint32))
		where := path + string(field.Name())
		each := func(value protoreflect.Value) {
			switch one := value.Interface().(type) {
			case string:
				err = tooLong(err, len(one), bytes, where)
			case []byte:
				err = tooLong(err, len(one), bytes, where)
			case protoreflect.Message:
				if err == nil {
					err = checkLimits(one, where+".")
				}
			}
		}
		switch {
		case field.IsMap():
			err = tooLong(err, value.Map().Len(), items, where)
			value.Map().Range(func(key protoreflect.MapKey, value protoreflect.Value) bool {
				each(key.Value())
				each(value)
				return err == nil
			})
		case field.IsList():
			err = tooLong(err, value.List().Len(), items, where)
			for at := 0; err == nil && at < value.List().Len(); at++ {
				each(value.List().Get(at))
			}
		default:
			each(value)
		}
		return err == nil
	})
	return err
}

func tooLong(err error, length, most int, where string) error {
	if err == nil && most > 0 && length > most {
		return bad("%s is over its limit of %d", where, most)
	}
	return err
}

// Calls that an observer may make.
var reads = map[string]bool{"GetNode": true, "GetPod": true, "WatchPods": true, "Logs": true}

type sessionKey struct{}

// enter finds the session of a call. Handshake and health need none.
func (p *provider) enter(ctx context.Context, method string) (context.Context, error) {
	service, name, _ := strings.Cut(strings.TrimPrefix(method, "/outboard.provider.v1."), "/")
	if service == "IdentityService" || strings.HasPrefix(method, "/grpc.health.") {
		return ctx, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	given, _ := metadata.FromIncomingContext(ctx)
	var found *session
	for _, id := range given.Get("outboard-session") {
		found = p.sessions[id]
	}
	if found == nil && mutant == "M-SESS-01-serves-calls-without-a-session" {
		found = p.current
	}
	switch {
	case found == nil:
		return nil, refuse(pb.ErrorReason_ERROR_REASON_SESSION, "the session is missing or unknown")
	case found.over != 0:
		return nil, refuse(found.over, "the session is over")
	case !found.isOwner && !reads[name]:
		return nil, refuse(pb.ErrorReason_ERROR_REASON_READ_ONLY, "an observer only reads")
	}
	return context.WithValue(ctx, sessionKey{}, found), nil
}

func (p *provider) unary(
	ctx context.Context, request any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler,
) (answer any, err error) {
	defer hide(&err)
	if ctx, err = p.enter(ctx, info.FullMethod); err != nil {
		return nil, err
	}
	if err = checkLimits(request.(proto.Message).ProtoReflect(), ""); err != nil {
		return nil, err
	}
	return next(ctx, request)
}

func (p *provider) stream(
	service any, stream grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler,
) (err error) {
	defer hide(&err)
	ctx, err := p.enter(stream.Context(), info.FullMethod)
	if err != nil {
		return err
	}
	return next(service, &limited{stream, ctx})
}

// limited checks what comes in on a stream.
type limited struct {
	grpc.ServerStream
	ctx context.Context
}

func (l *limited) Context() context.Context { return l.ctx }

func (l *limited) RecvMsg(message any) error {
	if err := l.ServerStream.RecvMsg(message); err != nil {
		return err
	}
	return checkLimits(message.(proto.Message).ProtoReflect(), "")
}

// hide keeps texts of unforeseen errors, which may hold secrets, from the peer.
func hide(err *error) {
	if cause := recover(); cause != nil {
		log.Printf("internal error: %T", cause)
		*err = status.Error(codes.Internal, "internal error")
	}
	if _, isStatus := status.FromError(*err); *err != nil && !isStatus {
		log.Printf("internal error: %T", *err)
		*err = status.Error(codes.Internal, "internal error")
	}
}
