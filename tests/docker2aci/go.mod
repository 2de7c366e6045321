module slipway.test/docker2aci

go 1.19

require (
	github.com/appc/docker2aci v0.17.2
	github.com/appc/spec v0.8.10
)

require (
	github.com/coreos/go-semver v0.3.0 // indirect
	github.com/coreos/ioprogress v0.0.0-20151023204047-4637e494fd9b // indirect
	github.com/coreos/pkg v0.0.0-20180928190104-399ea9e2e55f // indirect
	github.com/docker/distribution v2.7.1+incompatible // indirect
	github.com/google/gofuzz v1.2.0 // indirect
	github.com/klauspost/compress v1.4.0 // indirect
	github.com/klauspost/cpuid v1.2.0 // indirect
	github.com/klauspost/crc32 v1.2.0 // indirect
	github.com/klauspost/pgzip v1.0.1 // indirect
	github.com/opencontainers/go-digest v1.0.0 // indirect
	github.com/opencontainers/image-spec v1.0.0-rc2 // indirect
	github.com/spf13/pflag v1.0.5 // indirect
	go4.org v0.0.0-20230225012048-214862532bf5 // indirect
	golang.org/x/crypto v0.14.0 // indirect
	golang.org/x/sys v0.13.0 // indirect
	golang.org/x/term v0.13.0 // indirect
	gopkg.in/inf.v0 v0.9.1 // indirect
	gopkg.in/yaml.v2 v2.4.0 // indirect
)
