# Slipway: builds, runs, tests and installs everything.
#
#   make run            a registry of your own under var/, in the foreground
#   make start|stop|status    the same in the background
#   make restart        the new build in its place, and no request is lost
#   make test           all that the CI runs
#   make help           the other targets and the variables

BUILD ?= build
STATE ?= var
PORT ?= 5000
V1_PORT ?=
ADDRESS ?= 127.0.0.1
SANITIZE ?=
DESTDIR ?=
FUZZ_SECONDS ?= 10
FUZZ_SEED ?=
SOAK_SECONDS ?= 180
SOAK_SEED ?=
PYTEST_ARGS ?=
WEB_ARGS ?=

# One directory of objects for each kind of build.
O := $(BUILD)$(if $(SANITIZE),-asan)

export BUILD STATE PORT

# V=1 shows the commands themselves.
SAY = $(if $(V),,@echo "  $(@:$(O)/%=%)" && )

# As many jobs as processors, unless the caller said how many.
JOBS := $(if $(findstring j,$(firstword -$(MAKEFLAGS))),,-j$(shell nproc))

PYTHON := /usr/bin/python3
NGINX_SRC := /usr/share/nginx/src

# As a number: 1022001.
NGINX_VERSION = $(shell awk '/define nginx_version/ { print $$3 }' \
    $(NGINX_SRC)/src/core/nginx.h)

# --- flags -----------------------------------------------------------------

# A compiler newer than ours may warn of more: that fails in CI only.
WERROR := $(if $(filter true,$(CI)),-Werror)
WARNINGS := -Wall -Wextra $(WERROR) -Wvla -Wformat=2 -Wmissing-prototypes \
    -Wstrict-prototypes -Wpointer-arith -Wwrite-strings
HARDEN := -fstack-protector-strong
SANITIZERS := -fsanitize=address,undefined -fno-omit-frame-pointer

# Only x86 has it; elsewhere gcc refuses the flag.
ifneq ($(filter x86_64-% i386-% i686-%,$(shell $(CC) -dumpmachine)),)
HARDEN += -fcf-protection
endif

ifeq ($(SANITIZE),)
OPTIMIZE := -O2 -g -D_FORTIFY_SOURCE=2
LINK_HARDEN := -Wl,-z,relro -Wl,-z,now -Wl,--as-needed
else
OPTIMIZE := -O1 -g $(SANITIZERS)
# A check for null makes a branch with a null format, and gcc 14 warns of it.
WARNINGS += $(if $(findstring clang,$(CC)),,-Wno-format-truncation)
LINK_HARDEN := -Wl,--as-needed $(SANITIZERS)
endif

CFLAGS ?=
BASE_CFLAGS := -std=gnu11 $(OPTIMIZE) $(HARDEN) $(WARNINGS) -D_GNU_SOURCE \
    -I. -I$(O)/gen -I/usr/include/mariadb
ALL_CFLAGS = $(BASE_CFLAGS) $(PROGRAM_CFLAGS) -fPIE $(CFLAGS)
ALL_LDFLAGS = -pie $(LINK_HARDEN) $(LDFLAGS)

# -std is not given to the module: nginx's configure sets its own flags.
MODULE_CFLAGS := -fPIC $(OPTIMIZE) $(HARDEN)
MODULE_LDFLAGS := -fPIC $(LINK_HARDEN)

CORE_LIBS := -lfcgi -ljansson -lcrypto
REGISTRY_LIBS := -lcurl -lexpat -lpcre2-8 -lyaml -lz -llzma -lbz2 -lzstd \
    $(CORE_LIBS)
INDEX_LIBS := -lmariadb -lmemcached -lsodium -lcurl -lmd4c $(CORE_LIBS)

# --- sources ---------------------------------------------------------------

HEADERS := $(wildcard common/*.h common/*.def ngx_module/*.h)
objects = $(patsubst %.c,$(O)/obj/%.o,$(sort $(wildcard $(1)/*.c $(1)/*/*.c)))

COMMON := $(call objects,common)
CORE := $(call objects,fcgi_core)
REGISTRY := $(call objects,fcgi_registry)
INDEX := $(call objects,fcgi_index) $(O)/obj/gen/db_gen.o

MODULE := $(O)/ngx_http_registry_module.so
PROGRAMS := $(O)/slipway-registry $(O)/slipway-index

# The pages are built where npm is there: a registry without an index needs none.
NPM := $(shell command -v npm)

.PHONY: all module registry index
all: module registry index $(if $(NPM),$(if $(SANITIZE),,pages))
module: $(MODULE)
registry: $(O)/slipway-registry
index: $(O)/slipway-index

# Each program includes its own files from its root: "store/store.h".
FAULT := $(O)/obj/tests/fault/store.o $(O)/obj/tests/fault/flat.o

$(REGISTRY) $(FAULT) $(O)/obj/tests/models/store_act.o: PROGRAM_CFLAGS := -Ifcgi_registry
$(INDEX) $(O)/obj/tests/models/act.o: PROGRAM_CFLAGS := -Ifcgi_index
$(O)/unit/%: PROGRAM_CFLAGS := -Ifcgi_registry -Ifcgi_index

$(O)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(SAY)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(O)/libcommon.a: $(COMMON)
$(O)/libcore.a: $(CORE)
$(O)/libregistry.a: $(REGISTRY)
$(O)/libindex.a: $(INDEX)
$(O)/lib%.a:
	@rm -f $@
	@$(AR) rcs $@ $^

$(O)/obj/fcgi_registry/adopt/adopt_server.o: \
    BASE_CFLAGS += -DNGINX_VERSION=$(NGINX_VERSION)

# sql/gen.py turns the statements of sql/queries into typed functions, and
# leaves a header alone that stays as it is.
GENERATED := $(patsubst sql/queries/%.sql,$(O)/gen/db/db_%.h, \
    $(wildcard sql/queries/*.sql)) $(O)/gen/db/db_gen.h

$(O)/gen/db_gen.c: $(wildcard sql/*.py sql/queries/*.sql sql/schema/*.sql)
	$(PYTHON) sql/gen.py $(O)/gen
$(GENERATED): $(O)/gen/db_gen.c
	@true

$(O)/obj/gen/%.o: $(O)/gen/%.c
	@mkdir -p $(@D)
	$(SAY)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(INDEX): | $(O)/gen/db_gen.c

$(O)/slipway-registry: $(REGISTRY) $(O)/libcore.a $(O)/libcommon.a
	$(SAY)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(REGISTRY_LIBS)

$(O)/slipway-index: $(INDEX) $(O)/libcore.a $(O)/libcommon.a
	$(SAY)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(INDEX_LIBS)

# The module is built by nginx's own configure, out of tree; that is run again
# when a source comes or goes.
MODULE_SOURCES := $(sort $(wildcard ngx_module/*.c common/*.c))

$(O)/nginx.sources: FORCE
	@mkdir -p $(@D)
	@echo $(MODULE_SOURCES) | cmp -s - $@ || echo $(MODULE_SOURCES) > $@

$(O)/nginx/Makefile: ngx_module/config $(O)/nginx.sources
	@mkdir -p $(@D)
	@bash -c '. $(NGINX_SRC)/conf_flags && m=$$PWD/ngx_module \
	    && d=$$(realpath $(@D)) && cd $(NGINX_SRC) \
	    && ./configure --with-cc-opt="$(MODULE_CFLAGS)" \
	        --with-ld-opt="$(MODULE_LDFLAGS)" "$${NGX_CONF_FLAGS[@]}" \
	        --add-dynamic-module="$$m" --builddir="$$d"' > $(@D).log \
	    || { tail -n 20 $(@D).log; rm -f $@; exit 1; }

$(MODULE): $(O)/nginx/Makefile $(HEADERS) $(MODULE_SOURCES)
	$(SAY)d=$$(realpath $(O)/nginx) && $(MAKE) --no-print-directory \
	    $(if $(V),,-s) -C $(NGINX_SRC) -f $$d/Makefile modules \
	    ADDON_DEPS="$(addprefix $(CURDIR)/,$(HEADERS)) $$d/Makefile"
	@cp $(O)/nginx/$(@F) $@.new && mv $@.new $@

-include $(patsubst %.o,%.d,$(COMMON) $(CORE) $(REGISTRY) $(INDEX))
-include $(wildcard $(O)/unit/*.d $(O)/obj/tests/*/*.d \
    $(BUILD)/fuzz/*.d $(BUILD)/fuzz/obj/*/*.d $(BUILD)/fuzz/obj/*/*/*.d)

# --- pages -----------------------------------------------------------------

# Vite fetches nothing itself; npm fetches what web/package-lock.json names.
WEB := $(BUILD)/web
WEB_SOURCES = $(shell find web/src web/public -type f) web/index.html \
    web/vite.config.ts web/package-lock.json
MODULES := web/node_modules/.done
TEST_MODULES := web/node_modules/.done-tests

.PHONY: web pages web-dev
web: $(WEB)/index.html
	@true

# As a part of "all", where the packages cannot be fetched: the registry works
# without its pages.
pages:
	@$(MAKE) --no-print-directory web || { \
	    echo "slipway: the pages are not built, all else is" >&2; \
	    [ "$(CI)" != true ]; }

# What was there for the tests is there again.
$(MODULES): web/package-lock.json
	@echo "  web/node_modules" && cd web && flock package.json npm ci --ignore-scripts --loglevel=error \
	    $(if $(wildcard $(TEST_MODULES)),,--omit=dev) \
	    && touch node_modules/.done $(if $(wildcard $(TEST_MODULES)),node_modules/.done-tests)

# All of them, those of the tests too.
$(TEST_MODULES): web/package-lock.json
	@echo "  web/node_modules" && cd web \
	    && flock package.json npm ci --ignore-scripts --loglevel=error \
	    && touch node_modules/.done node_modules/.done-tests

# Under another name until all of it is there.  Files of builds before stay for
# a week: pages that are open may ask for them.
$(WEB)/index.html: $(WEB_SOURCES) | $(MODULES)
	$(SAY)cd web && rm -rf $(abspath $(WEB)).new && WEB_OUT=$(abspath $(WEB)).new \
	    node_modules/.bin/vite build --logLevel warn
	@find $(WEB).new/assets -type f | xargs gzip -9kn
	@mkdir -p $(WEB)/assets && find $(WEB)/assets -type f -mtime +7 -delete \
	    && cp $(WEB).new/assets/* $(WEB)/assets \
	    && rm -r $(WEB).new/assets && mv $(WEB).new/* $(WEB) && rmdir $(WEB).new \
	    && touch $@

# Vite's own server, at http://127.0.0.1:5173: a change of a source is in the
# browser at once.  The API is that of the registry that runs at PORT.
web-dev: $(MODULES)
	cd web && SLIPWAY_URL=$${SLIPWAY_URL:-http://127.0.0.1:$(PORT)} \
	    node_modules/.bin/vite --host 127.0.0.1

# --- packages --------------------------------------------------------------

BUILD_PACKAGES := gcc libc6-dev nginx nginx-dev libfcgi-dev libjansson-dev \
    libssl-dev libpcre2-dev libmariadb-dev libmemcached-dev libsodium-dev \
    libcurl4-openssl-dev libexpat1-dev libmd4c-dev libyaml-dev \
    zlib1g-dev liblzma-dev libbz2-dev libzstd-dev python3
RUN_PACKAGES := nginx mariadb-server mariadb-client memcached openssl curl
TEST_PACKAGES := clang clang-format libclang-rt-dev libcmocka-dev pmccabe \
    shellcheck git python3-pytest python3-cryptography docker-registry \
    skopeo podman buildah crun netavark docker.io wrk apache2-utils \
    nghttp2-client rsync btrfs-progs python3-pytest-xdist mmdebstrap \
    python3-jsonschema python3-venv jq iproute2 radosgw ceph-mon ceph-osd \
    chromium fonts-dejavu-core fonts-wqy-microhei

# Since Debian 13 docker's client is a package of its own.
DEBIAN := $(shell . /etc/os-release && echo $$VERSION_ID)
ifneq ($(DEBIAN),12)
TEST_PACKAGES += docker-cli
endif

# Another node than Debian's brings its own npm, and conflicts with Debian's.
ifeq ($(NPM),)
RUN_PACKAGES += nodejs npm
endif

.PHONY: deps deps-test build-packages
build-packages:
	@echo $(BUILD_PACKAGES)
deps:
	@tools/deps $(BUILD_PACKAGES) $(RUN_PACKAGES)
deps-test:
	@tools/deps $(BUILD_PACKAGES) $(RUN_PACKAGES) $(TEST_PACKAGES)

# --- running ---------------------------------------------------------------

.PHONY: run start stop status restart
run start: deps
	@$(MAKE) --no-print-directory $(JOBS) all
	@exec tools/slipway-run $@ --state "$(STATE)" --port "$(PORT)" \
	    --v1-port "$(V1_PORT)" --address "$(ADDRESS)" --build "$(O)"
restart:
	@$(MAKE) --no-print-directory $(JOBS) all
	@exec tools/slipway-run $@ --state "$(STATE)" --port "$(PORT)"
stop status:
	@exec tools/slipway-run $@ --state "$(STATE)" --port "$(PORT)"

# --- tests -----------------------------------------------------------------

.PHONY: test lint fmt check-unit check-fuzz check-sql check-docs integration \
    check-plain check-flat check-asan e2e soak bench bench-index fuzz-live
test: deps-test
	@$(MAKE) --no-print-directory check-parts check-sql check-plain check-flat \
	    check-asan e2e check-web soak SOAK_SECONDS=10
	@$(MAKE) --no-print-directory $(JOBS) SANITIZE=1 check-s3

.PHONY: check-parts
check-parts:
	@$(MAKE) --no-print-directory $(JOBS) all faulty lint check-docs \
	    check-unit check-fuzz

lint:
	@tests/lint/run

FORMATTED := $(wildcard common/*.[ch] fcgi_*/*.[ch] fcgi_*/*/*.[ch] \
    tests/unit/*.[ch] tests/fuzz/*.[ch] tests/fault/*.[ch] \
    tests/models/*.[ch])
fmt:
	clang-format -i $(FORMATTED)

# tests/unit/test_x.c is linked with the directory in which x.c stands.
UNITS := $(sort $(wildcard tests/unit/test_*.c))
unit_libs = $(if $(wildcard fcgi_registry/*/$(1).c),$(O)/libregistry.a) \
    $(if $(wildcard fcgi_index/*/$(1).c),$(O)/libindex.a) \
    $(O)/libcore.a $(O)/libcommon.a

check-unit:
	@$(MAKE) --no-print-directory $(JOBS) SANITIZE=1 unit

.PHONY: unit
unit: $(patsubst tests/unit/test_%.c,$(O)/unit/%.ok,$(UNITS))

$(O)/unit/%.ok: $(O)/unit/%
	$< && touch $@

.SECONDEXPANSION:
.PRECIOUS: $(O)/unit/%
$(O)/unit/%: tests/unit/test_%.c $$(call unit_libs,$$*)
	@mkdir -p $(@D)
	$(SAY)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -MMD -MP -o $@ $< \
	    -Wl,--start-group $(filter %.a,$^) -Wl,--end-group \
	    -lcmocka $(INDEX_LIBS) $(REGISTRY_LIBS)

FUZZERS := $(sort $(wildcard tests/fuzz/fuzz_*.c))
FUZZ_FLAGS = -std=gnu11 -g -O1 -D_GNU_SOURCE -I. -I$(O)/gen \
    -I/usr/include/mariadb $(PROGRAM_CFLAGS) -Wall -Wextra $(WERROR) \
    -fsanitize=address,undefined -fno-sanitize-recover=all

check-fuzz: $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%.ok,$(FUZZERS))

# One set of objects serves all fuzzers: everything but the programs' main().
FUZZ_SOURCES := $(filter-out %/main.c,$(sort $(wildcard common/*.c \
    fcgi_*/*.c fcgi_*/*/*.c) tests/fuzz/quiet.c))
FUZZ_OBJECTS := $(FUZZ_SOURCES:%.c=$(BUILD)/fuzz/obj/%.o) \
    $(BUILD)/fuzz/obj/gen/db_gen.o
FUZZ_WRAPPED := log_line
$(BUILD)/fuzz/fuzz_jwt: FUZZ_WRAPPED += keyring_verify

$(BUILD)/fuzz/obj/fcgi_registry/adopt/adopt_server.o: \
    FUZZ_FLAGS += -DNGINX_VERSION=$(NGINX_VERSION)

$(BUILD)/fuzz/%: PROGRAM_CFLAGS := -Ifcgi_registry -Ifcgi_index
$(FUZZ_OBJECTS): | $(O)/gen/db_gen.c
$(BUILD)/fuzz/obj/gen/%.o: $(O)/gen/%.c
	@mkdir -p $(@D)
	$(SAY)clang $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<

$(BUILD)/fuzz/obj/%.o: %.c
	@mkdir -p $(@D)
	$(SAY)clang $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<

$(BUILD)/fuzz/libfuzz.a: $(FUZZ_OBJECTS)
	@rm -f $@
	@$(AR) rcs $@ $^

$(BUILD)/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(BUILD)/fuzz/libfuzz.a
	@mkdir -p $(@D)
	$(SAY)clang $(FUZZ_FLAGS) -fsanitize=fuzzer -MMD -MP -o $@ $< $(@D)/libfuzz.a \
	    $(FUZZ_WRAPPED:%=-Wl,--wrap=%) $(INDEX_LIBS) $(REGISTRY_LIBS)

# New inputs are kept in the build directory; the corpus of the tree is read.
.PRECIOUS: $(BUILD)/fuzz/fuzz_%
$(BUILD)/fuzz/%.ok: $(BUILD)/fuzz/% FORCE
	@mkdir -p $<.new
	@$< -max_total_time=$(FUZZ_SECONDS) -artifact_prefix=$(BUILD)/fuzz/ \
	    $<.new $(wildcard tests/fuzz/corpus/$(patsubst fuzz_%,%,$*)) \
	    > $<.log 2>&1 || { tail -n 40 $<.log; exit 1; }
	@echo "$(@F:.ok=): $$(tail -n 1 $<.log)"

# Mutated requests to a running registry, under ASan; FUZZ_SEED=n for the same.
fuzz-live:
	@$(MAKE) --no-print-directory $(JOBS) SANITIZE=1 all
	for program in live live_v1; do SLIPWAY_ASAN=1 $(PYTHON) \
	    tests/fuzz/$$program.py --seconds $(FUZZ_SECONDS) \
	    $(if $(FUZZ_SEED),--seed $(FUZZ_SEED)) || exit 1; done

# For every night: a client of the original protocol that is built from the Go
# modules that tests/docker2aci/go.sum names, which takes minutes.
.PHONY: check-docker2aci
check-docker2aci: all
	@command -v go > /dev/null || apt-get install -y --no-install-recommends \
	    golang-go
	cd tests/docker2aci && GOTOOLCHAIN=local CGO_ENABLED=0 \
	    GOPATH=$(abspath $(BUILD))/go GOCACHE=$(abspath $(BUILD))/go/cache \
	    GOFLAGS=-modcacherw go build -o $(abspath $(BUILD))/docker2aci .
	SLIPWAY_DOCKER2ACI=$(abspath $(BUILD))/docker2aci $(PYTHON) -m pytest -q \
	    -p no:cacheprovider tests/e2e/test_v1_clients.py -k docker2aci

# Every statement on MariaDB and on MySQL, and on MySQL the tests of what is
# most particular in SQL; skipped where tools/chroot cannot make one.
MYSQL_TESTS := $(patsubst %,tests/api/test_%.py,index_token index_revoke \
    rights index_commands mirror api_restart)
check-sql: all
	SLIPWAY_DATABASE=mysql $(PYTEST_MANY) tests/sql $(MYSQL_TESTS)

# What tests of crashes and full disks preload into a server, and a
# slipway-registry whose store fails where they want it: tests/fault/.
FAULTY := $(O)/fault.so $(O)/slipway-registry-fault $(O)/slipway-index-act \
    $(O)/slipway-store-act
FAULT_WRAPPED := store_open store_local upload_dir_make upload_dir_adopt \
    upload_dir_sync upload_dir_keep_state upload_dir_truncate upload_dir_del \
    spool_append

.PHONY: faulty
faulty: $(FAULTY)

$(O)/fault.so: tests/fault/preload.c tests/fault/plan.h
	@mkdir -p $(@D)
	$(SAY)$(CC) -std=gnu11 -O2 $(WARNINGS) -shared -fPIC -o $@ $<

$(O)/slipway-registry-fault: $(FAULT) $(REGISTRY) \
    $(O)/libcore.a $(O)/libcommon.a
	$(SAY)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) \
	    $(FAULT_WRAPPED:%=-Wl,--wrap=%) -o $@ $^ $(REGISTRY_LIBS)

# Calls the functions of a store.
$(O)/slipway-store-act: $(O)/obj/tests/models/store_act.o \
    $(filter-out %/main.o,$(REGISTRY)) $(O)/libcore.a $(O)/libcommon.a
	$(SAY)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(REGISTRY_LIBS)

# Changes rights by the models of access/, as an account does, without a route.
$(O)/slipway-index-act: $(O)/obj/tests/models/act.o \
    $(filter-out %/main.o,$(INDEX)) $(O)/libcore.a $(O)/libcommon.a
	$(SAY)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(INDEX_LIBS)

# Tests wait more than they compute, so there are twice as many processes as
# processors; tests/testenv/schedule.py says which runs what.
PYTEST := tests/pytest $(PYTEST_ARGS)
PYTEST_JOBS ?= $(shell expr $$(nproc) \* 2)
PYTEST_MANY = $(PYTEST) -n $(PYTEST_JOBS) --dist loadfile
integration: all $(FAULTY)
	$(PYTEST_MANY) tests/api

# What depends on time, memory or flags (tests/conftest.py): the rest of it is
# checked under sanitizers.
check-plain: all $(FAULTY)
	$(PYTEST_MANY) -m plain tests/api

# The commands that care for a store, over one without directories
# (tests/fault/flat.c).
check-flat: all $(FAULTY)
	SLIPWAY_STORE=flat $(PYTEST_MANY) -m flat tests/api

# The same over a bucket of a Ceph S3 gateway, and what only that has: some of
# it, and for every night all of it.
.PHONY: check-s3 check-s3-all
S3_TESTS = $(if $(SANITIZE),SLIPWAY_ASAN=1) SLIPWAY_STORE=s3 \
    tests/with-radosgw $(PYTEST_MANY) tests/api
check-s3: all $(FAULTY)
	$(S3_TESTS) -m s3
check-s3-all: all $(FAULTY)
	$(S3_TESTS) -m s3_all

# The same under ASan and UBSan, nginx's module included.
check-asan:
	@$(MAKE) --no-print-directory $(JOBS) SANITIZE=1 all faulty
	SLIPWAY_ASAN=1 $(PYTEST_MANY) tests/api

e2e: all
	$(PYTEST) tests/e2e

# The pages: types, what computes, and all of it in a real browser.
# WEB_ARGS='--test-name-pattern=tags' runs some of that.
.PHONY: check-web
check-web: all $(TEST_MODULES)
	@cd web && mkdir -p node_modules/.tests && node_modules/.bin/openapi-typescript \
	    ../docs/openapi.json -o node_modules/.tests/schema.d.ts > /dev/null \
	    && cmp src/api/schema.d.ts node_modules/.tests/schema.d.ts \
	    || { echo "web/src/api/schema.d.ts is old: make docs"; exit 1; }
	@cd web && node_modules/.bin/tsc --noEmit
	@web/tests/run unit $(WEB_ARGS)
	@web/tests/run e2e $(WEB_ARGS)

# Everything at random; the seed that it prints makes the same choices again.
soak: all
	$(if $(SANITIZE),SLIPWAY_ASAN=1) SOAK_SECONDS=$(SOAK_SECONDS) \
	    SOAK_SEED=$(SOAK_SEED) $(PYTHON) tests/soak/run.py

# All operations of the API as all callers: for every night.
.PHONY: check-schemathesis-all
check-schemathesis-all: all
	SCHEMATHESIS_ALL=1 $(PYTEST) tests/api/test_api_schemathesis.py

# With clang, and the compilers of the next Debian in a chroot: for every night.
.PHONY: check-compilers
check-compilers: deps-test
	tests/compilers

bench: deps-test
	@$(MAKE) --no-print-directory all
	$(PYTHON) tests/bench/run.py $(if $(PEERS),--peers $(PEERS))

bench-index: deps-test
	@$(MAKE) --no-print-directory all
	$(PYTHON) tests/bench/index.py --write
	$(PYTHON) tests/bench/webhook.py --write

# --- documents and installation --------------------------------------------

.PHONY: docs
docs: $(PROGRAMS)
	tools/programs-doc settings $(O) > docs/settings.md
	tools/programs-doc commands $(O) > docs/commands.md
	$(O)/slipway-index openapi > docs/openapi.json
	@[ ! -e $(TEST_MODULES) ] || (cd web && npm run --silent types > /dev/null)

check-docs: $(PROGRAMS)
	@for page in settings commands; do \
	    tools/programs-doc $$page $(O) | diff docs/$$page.md - \
	        || { echo "docs/$$page.md is old: make docs"; exit 1; }; done
	@$(O)/slipway-index openapi | diff docs/openapi.json - \
	    || { echo "docs/openapi.json is old: make docs"; exit 1; }

NGINX_CONF := $(DESTDIR)/etc/nginx
COMPLETIONS := $(DESTDIR)/usr/share/bash-completion/completions

# From 1.25.1 on nginx warns of "listen ... http2".
HTTP2_ON = s/^( *)listen( +)(.*) ssl http2;/\1listen\2\3 ssl;\n\1http2 \2on;/
TLS_EDIT = $(if $(shell [ $(NGINX_VERSION) -lt 1025001 ] || echo y),$(HTTP2_ON))
DOC := $(DESTDIR)/usr/share/doc/slipway
SHARE := $(DESTDIR)/usr/share/slipway

# Pages and examples stand next to each other there; what is not installed is no
# link.
DOC_LINKS = s,\]\((\.\./)?conf\),](examples),g; \
    s,\]\((\.\./)?conf/log_json\.conf\),](/etc/nginx/log_json.conf),g; \
    s,\]\((\.\./)?conf/,](examples/,g; s,\]\(docs/,](,g; \
    s,\]\(\.\./CONTRIBUTING,](CONTRIBUTING,g; \
    s,\[([^]]*)\]\((\.\./common|tests)/[^)]*\),\1,g

.PHONY: install
install: all
	install -d $(DESTDIR)/usr/lib/nginx/modules $(DESTDIR)/usr/sbin \
	    $(DESTDIR)/lib/systemd/system $(DESTDIR)/usr/lib/tmpfiles.d \
	    $(DESTDIR)/usr/lib/sysusers.d $(NGINX_CONF) $(DOC)/examples \
	    $(DOC)/scenarios \
	    $(COMPLETIONS)
	install -m 644 $(MODULE) $(DESTDIR)/usr/lib/nginx/modules
	install -m 755 $(PROGRAMS) conf/slipway $(DESTDIR)/usr/sbin
	tools/bash-completion $(O) \
	    | install -m 644 /dev/stdin $(COMPLETIONS)/slipway
	ln -sf slipway $(COMPLETIONS)/slipway-registry
	ln -sf slipway $(COMPLETIONS)/slipway-index
	install -m 644 conf/registry_params conf/registry_store_params \
	    conf/index_params conf/api_errors \
	    conf/log_json.conf conf/web_pages conf/web_assets conf/web_theme \
	    conf/web_theme_files $(NGINX_CONF)
	install -m 644 conf/systemd/*.service conf/systemd/*.socket \
	    conf/systemd/*.timer \
	    $(DESTDIR)/lib/systemd/system
	install -m 644 conf/systemd/slipway.tmpfiles \
	    $(DESTDIR)/usr/lib/tmpfiles.d/slipway.conf
	install -m 644 conf/systemd/slipway.sysusers \
	    $(DESTDIR)/usr/lib/sysusers.d/slipway.conf
	sed -E '$(TLS_EDIT)' conf/tls.conf \
	    | install -m 644 /dev/stdin $(DOC)/examples/tls.conf
	install -m 644 conf/standalone.conf conf/index.conf \
	    conf/tenants.conf conf/tenants_map.conf conf/token_server.conf \
	    conf/v1_server conf/v1_tls conf/v1_standalone conf/bucket.conf \
	    conf/systemd/deliver-index.env \
	    $(DOC)/examples
	@[ ! -e $(WEB)/index.html ] || { install -d $(SHARE)/web/assets \
	    && install -m 644 $(WEB)/*.* $(SHARE)/web \
	    && install -m 644 $(WEB)/assets/* $(SHARE)/web/assets; }
	install -m 644 LICENSE docs/*.png docs/openapi.json $(DOC)
	@for page in *.md docs/*.md; do \
	    sed -E '$(DOC_LINKS)' $$page \
	        | install -m 644 /dev/stdin $(DOC)/$${page##*/} || exit 1; done
	install -m 644 docs/scenarios/*.md $(DOC)/scenarios

# --- the rest --------------------------------------------------------------

.PHONY: clean help FORCE
clean:
	rm -rf $(BUILD) $(BUILD)-asan

help:
	@sed -n '/^$$/q;s/^# \{0,1\}//p' Makefile
	@echo "  build: all module registry index web deps deps-test install clean"
	@echo "  test parts: lint check-unit check-fuzz check-sql check-docs"
	@echo "      integration check-plain check-flat check-s3 check-asan e2e check-web soak"
	@echo "  others: web-dev bench bench-index fmt docs fuzz-live check-s3-all check-compilers"
	@echo "      check-schemathesis-all check-docker2aci"
	@echo
	@echo "  BUILD=$(BUILD) STATE=$(STATE) PORT=$(PORT) V1_PORT=$(V1_PORT)"
	@echo "  ADDRESS=$(ADDRESS)"
	@echo "  PEERS= V= SANITIZE= DESTDIR= FUZZ_SECONDS=$(FUZZ_SECONDS) PYTEST_ARGS="
	@echo "  SOAK_SECONDS=$(SOAK_SECONDS) SOAK_SEED="
