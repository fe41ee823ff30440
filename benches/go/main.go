// Command benches serves prepared replies with connect-go or grpc-go: benches connect|grpc PORT REPLIES.
package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"

	"connectrpc.com/connect"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	v1 "benches/gen/gitpod/v1"
)

const service = "gitpod.v1.RunnerConfigurationService"

func main() {
	if len(os.Args) != 4 {
		fail(fmt.Errorf("usage: benches connect|grpc PORT REPLIES"))
	}
	replies, err := load(os.Args[3])
	fail(err)
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Args[2])
	fail(err)
	switch os.Args[1] {
	case "connect":
		fail(serveConnect(listener, replies))
	case "grpc":
		fail(serveGRPC(listener, replies))
	default:
		fail(fmt.Errorf("no server %s", os.Args[1]))
	}
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// replies holds what is answered. Neither library changes a message that it sends, so nothing is cloned.
type replies struct {
	get      v1.GetEnvironmentClassResponse
	list25   v1.ListEnvironmentClassesResponse
	list100  v1.ListEnvironmentClassesResponse
	create   v1.CreateEnvironmentClassResponse
	validate v1.ValidateRunnerConfigurationResponse
}

func load(folder string) (*replies, error) {
	r := &replies{}
	for name, message := range map[string]proto.Message{
		"get": &r.get, "list-25": &r.list25, "list-100": &r.list100, "create": &r.create, "validate": &r.validate,
	} {
		encoded, err := os.ReadFile(filepath.Join(folder, name+".bin"))
		if err != nil {
			return nil, err
		}
		if err := proto.Unmarshal(encoded, message); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *replies) getClass(*v1.GetEnvironmentClassRequest) *v1.GetEnvironmentClassResponse {
	return &r.get
}

func (r *replies) listClasses(request *v1.ListEnvironmentClassesRequest) *v1.ListEnvironmentClassesResponse {
	if request.GetPagination().GetPageSize() == 100 {
		return &r.list100
	}
	return &r.list25
}

func (r *replies) createClass(*v1.CreateEnvironmentClassRequest) *v1.CreateEnvironmentClassResponse {
	return &r.create
}

func (r *replies) validateConfiguration(*v1.ValidateRunnerConfigurationRequest) *v1.ValidateRunnerConfigurationResponse {
	return &r.validate
}

func serveConnect(listener net.Listener, r *replies) error {
	mux := http.NewServeMux()
	handle(mux, "GetEnvironmentClass", r.getClass)
	handle(mux, "ListEnvironmentClasses", r.listClasses)
	handle(mux, "CreateEnvironmentClass", r.createClass)
	handle(mux, "ValidateRunnerConfiguration", r.validateConfiguration)
	server := &http.Server{Handler: mux, Protocols: new(http.Protocols)}
	server.Protocols.SetHTTP1(true)
	server.Protocols.SetUnencryptedHTTP2(true)
	return server.Serve(listener)
}

// handle does what the generated code of connect-go does.
func handle[Req, Res any](mux *http.ServeMux, rpc string, answer func(*Req) *Res) {
	procedure := "/" + service + "/" + rpc
	mux.Handle(procedure, connect.NewUnaryHandler(procedure,
		func(_ context.Context, request *connect.Request[Req]) (*connect.Response[Res], error) {
			return connect.NewResponse(answer(request.Msg)), nil
		}))
}

func serveGRPC(listener net.Listener, r *replies) error {
	server := grpc.NewServer()
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: service,
		HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{
			method("GetEnvironmentClass", r.getClass),
			method("ListEnvironmentClasses", r.listClasses),
			method("CreateEnvironmentClass", r.createClass),
			method("ValidateRunnerConfiguration", r.validateConfiguration),
		},
	}, r)
	return server.Serve(listener)
}

// method does what the generated code of grpc-go does, where there is no interceptor.
func method[Req, Res any](rpc string, answer func(*Req) *Res) grpc.MethodDesc {
	return grpc.MethodDesc{
		MethodName: rpc,
		Handler: func(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
			request := new(Req)
			if err := decode(request); err != nil {
				return nil, err
			}
			return answer(request), nil
		},
	}
}
