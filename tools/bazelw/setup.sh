#!/bin/bash
# setup.sh BAZEL SUITE KEYRING MIRROR...
#
# Sets up a Bazel, to be run as BAZEL, in the folder of that name: Debian's build of Bazel 7 with the
# libraries and the Java that it was built for, beside the system and without touching it, together with Bazel
# modules for everything that this repository depends on. It is for machines that reach Debian packages and Go
# modules, but neither Bazel's releases nor its module registry. Needs no root.
#
# BAZEL comes into being last: a set-up that was interrupted is started anew. bazelw calls this and has
# checked what it needs of the machine. SUITE moves on, so what it has is checked here.
set -euo pipefail
shopt -s inherit_errexit

bazel=$(realpath -m "$1") suite=$2 keyring=$3 mirrors=("${@:4}")
prefix=${bazel%/*}
cache=${prefix%/*}
log=$prefix.log
here=$(dirname "$(readlink -f "$0")")

root=$prefix/root # The Debian packages, unpacked.
lib=$root/usr/lib/x86_64-linux-gnu
share=$root/usr/share/bazel
modules=$prefix/modules

exec 3>&2 # Where people read; the steps themselves write to the log.
say() { printf "$@" >&3; }

# Says why a step failed, and ends.
fail() {
	reason=$*
	exit 1
}

reason=
finish() {
	local status=$?
	[ "$status" -ne 0 ] || return 0
	say ' failed\n\n'
	if [ -n "$reason" ]; then
		say '%s\n' "$reason"
	else
		tail -n 5 "$log" >&3
	fi
	say 'bazelw: Bazel was not set up. The whole story is in %s\n' "$log"
}

# step TITLE COMMAND...: what is done, then how long it took.
steps=0
step() {
	local start=$SECONDS title=$1
	shift
	say '  %d/6  %-55s' $((++steps)) "$title"
	printf '\n=== %s\n' "$title" >>"$log"
	"$@" >>"$log" 2>&1
	say ' %3d s\n' $((SECONDS - start))
}

# apt-get with a state of its own: nothing of the machine's is read but how to reach the network, and nothing
# is written outside $prefix. The mirror may be one that stands still: what it has is signed all the same.
private_apt() { APT_CONFIG=$prefix/apt/apt.conf "$@"; }

configure_apt() {
	local package
	mkdir -p "$prefix"/apt/{lists,archives}/partial
	# These count as installed: packages depend on them, but Bazel does not need them.
	for package in build-essential ca-certificates ca-certificates-java default-jdk-headless default-jre-headless \
		java-common libjs-jquery libjpeg62-turbo liblcms2-2 libnss3 libpcsclite1 node-core-js node-html5shiv perl \
		procps protobuf-compiler-grpc-java-plugin python3 util-linux; do
		printf '%s\n' "Package: $package" 'Status: install ok installed' 'Architecture: amd64' \
			'Multi-Arch: allowed' 'Version: 9999:1' 'Maintainer: none' 'Description: none' ''
	done >"$prefix/apt/status"
	{
		apt-config dump | grep '^Acquire::' | grep -v '^Acquire::IndexTargets' || true
		cat <<-END
			Dir::State "$prefix/apt";
			Dir::State::status "$prefix/apt/status";
			Dir::Cache "$prefix/apt";
			Dir::Etc::Main "/dev/null";
			Dir::Etc::Parts "/dev/null";
			Dir::Etc::SourceList "$prefix/apt/sources.list";
			Dir::Etc::SourceParts "/dev/null";
			Dir::Etc::Preferences "/dev/null";
			Dir::Etc::PreferencesParts "/dev/null";
			APT::Architecture "amd64";
			APT::Architectures { "amd64"; };
			APT::Install-Recommends "false";
			APT::Sandbox::User "";
			APT::Update::Error-Mode "any";
			Acquire::Check-Valid-Until "false";
			Acquire::Languages "none";
			Debug::NoLocking "true";
		END
	} >"$prefix/apt/apt.conf"
}

# Finds the mirror that has the suite, and in it the packages to fetch: sets packages, java_home, and of all
# that is to be downloaded count and megabytes.
read_lists() {
	local mirror found='' version java
	configure_apt
	for mirror in "${mirrors[@]}"; do
		echo "deb [signed-by=$keyring] $mirror $suite main" >"$prefix/apt/sources.list"
		if private_apt apt-get -q update; then
			found=$mirror
			break
		fi
	done
	[ -n "$found" ] || fail "Debian $suite cannot be read from ${mirrors[*]}:
$(tail -n 3 "$log")
KITSUNE_DEBIAN_MIRROR names another mirror, and KITSUNE_DEBIAN_SUITE another suite."

	version=$(private_apt apt-cache show bazel-bootstrap 2>/dev/null | sed -n 's/^Version: //p' | tail -n 1)
	if [[ ! $version =~ ^7\.([0-9]+)\. ]] || [ "${BASH_REMATCH[1]}" -lt 7 ]; then
		fail "Debian $suite has ${version:-none} as its bazel-bootstrap, and this needs a version 7, 7.7 or later.
KITSUNE_DEBIAN_SUITE names another suite; or put a Bazel of your own, 7.7 or later, on PATH."
	fi
	java=$(private_apt apt-cache pkgnames openjdk- | sed -nE 's/^openjdk-(2[1-9]|[3-9][0-9])-jre-headless$/\1/p' |
		sort -nr | tail -n 1)
	[ -n "$java" ] || fail "Debian $suite has no openjdk-21-jre-headless or later, which its Bazel needs."
	java_home=$root/usr/lib/jvm/java-$java-openjdk-amd64
	packages=(bazel-bootstrap bazel-rules-shell "openjdk-$java-jre-headless" patchelf unzip)
	read -r count megabytes < <(private_apt apt-get -qq -y --print-uris install "${packages[@]}" |
		awk '{ bytes += $3 } END { printf "%d %d\n", NR, bytes / 1e6 }')
}

download() { private_apt apt-get -q -y --download-only install "${packages[@]}"; }

unpack() {
	local file
	mkdir "$root"
	printf '%s\0' "$prefix"/apt/archives/*.deb | xargs -0 -P "$(nproc)" -I{} dpkg-deb -x {} "$root"
	rm -rf "$prefix/apt" "$root/usr/share/doc" "$root/usr/share/man"
	for file in "$java_home/bin/java" "$lib/ld-linux-x86-64.so.2" "$root/usr/bin/bazel" "$root/etc/bazel/bazelrc" \
		"$share"/{A-server.jar,build-label.txt,bazel_classpath_debian_depends.txt,rules/shell,tools/features}; do
		[ -e "$file" ] || fail "Debian $suite has another layout of Bazel than this script knows: no ${file#"$root"}.
KITSUNE_DEBIAN_SUITE names another suite; or put a Bazel of your own, 7.7 or later, on PATH."
	done
}

# Runs a program of $root with the libraries there.
private() { "$lib/ld-linux-x86-64.so.2" --library-path "$lib" "$root/usr/bin/$1" "${@:2}"; }

# Lets the programs find the libraries of $root by themselves, and Java its configuration.
relocate() {
	local file link
	for file in "$root/usr/bin/bazel" "$root"/usr/libexec/x86_64-linux-gnu/bazel/* "$java_home"/{bin/java,lib/jspawnhelper}; do
		private patchelf --set-interpreter "$lib/ld-linux-x86-64.so.2" --force-rpath \
			--set-rpath "\$ORIGIN:\$ORIGIN/../lib:$lib" "$file"
	done
	find "$java_home" -type l -lname '/etc/java-*' -print0 | while read -r -d '' link; do
		ln -sfn "$root$(readlink "$link")" "$link"
	done
	class_path "$share/bazel_classpath_debian_depends.txt"

	# Debian's bazel_features is too old for rules_go, and Debian's Bazel does not tell it its version.
	sed -i "s/native\.bazel_version/(native.bazel_version or \"$(<"$share/build-label.txt")\")/" \
		"$share"/tools/features/private/{version,globals}_repo.bzl
	sed -i 's/^_rules = struct($/&\n    instrumented_files_info_has_baseline_coverage_files = ge("9.0.0-pre.20250101.1"),/' \
		"$share/tools/features/features.bzl"
}

# Rewrites a list of jars: with those of $root, and with the jars that they name in turn, each after those it
# needs.
class_path() {
	local jar
	declare -A seen=()
	while read -r jar; do add_jar "$jar"; done <"$1" >"$prefix/class_path"
	mv "$prefix/class_path" "$1"
}

add_jar() {
	local needed
	[ -z "${seen[$1]:-}" ] && [ -e "$root$1" ] || return 0
	seen[$1]=1
	# Lines of a manifest are folded: a space begins a continuation.
	for needed in $({ private unzip -p "$root$1" META-INF/MANIFEST.MF || true; } | tr -d '\r' |
		sed ':a;N;$!ba;s/\n //g' | sed -n 's/^Class-Path: //p'); do
		add_jar "$needed"
	done
	echo "$root$1"
}

# The modules that MODULE.bazel names, and theirs: Debian's in $share, rules_go and Gazelle from Go's module
# proxy, and in place of what no build here runs, the stand-ins beside this script.
install_modules() {
	cp -r "$here/modules" "$modules"
	go_module rules_go github.com/bazelbuild/rules_go v0.65.0 h1:oHAvkNIMaOhguFSCHi0bCoUhz2390srk4U0rTn9mqBc=
	go_module gazelle github.com/bazelbuild/bazel-gazelle v0.53.0 h1:qNh2WraxM8cjIeHZQ7QPTTSPbkrX9Z0GkhtGbiz1ToE=
	go_module gazelle/v2 github.com/bazel-contrib/bazel-gazelle/v2 v2.0.0-3 h1:Mq3iQ30V39RGCErrbnhHFOAcnxpWTIrk35Pc9guNfOY=
	touch "$modules/gazelle/v2/go.sum"               # Not part of a Go module, but Gazelle looks for it.
	find "$modules" -name '*.sh' -exec chmod +x {} + # Go modules have no executable files.
	# The Go that is used is the machine's: rules_go need not ask for a list of others.
	sed -i 's#https://[^"]*/dl/?mode=json&[^"]*#file:///dev/null#' "$modules/rules_go/go/private/sdk.bzl"
}

# go_module FOLDER MODULE VERSION SUM
go_module() {
	local answer
	answer=$(cd "$prefix" && GOFLAGS=-mod=mod GOWORK=off go mod download -json "$2@$3") || {
		fail "The Go module $2@$3 cannot be downloaded:
$(sed -n 's/^\t"Error": //p' <<<"$answer")"
	}
	grep -qF "\"Sum\": \"$4\"" <<<"$answer" || fail "The Go module $2@$3 is not the one this script knows: its sum is not $4."
	cp -r --no-preserve=mode "$(sed -n 's/^\t"Dir": "\(.*\)",*$/\1/p' <<<"$answer")" "$modules/$1"
	[ ! -e "$modules/$1/MODULE.bazel" ] || sed -i "s/^    version = \"\",/    version = \"${3#v}\",/" "$modules/$1/MODULE.bazel"
}

write_bazelrc() {
	local module
	cat <<-END
		# These modules take the place of a registry's.
		$(grep -h -- '--override_module' "$root/etc/bazel/bazelrc" | sed "s#=/usr/share/bazel/#=$share/#")
		common --override_module=rules_shell=$share/rules/shell
		$(for module in "$modules"/*/MODULE.bazel; do
			module=${module%/MODULE.bazel}
			echo "common --override_module=${module##*/}=$module"
		done)
		common --override_repository=bazel_tools~remote_coverage_tools_extension~remote_coverage_tools=$modules/coverage_tools
		common --noenable_workspace --lockfile_mode=off
		common --repo_env=GO_REPOSITORY_USE_HOST_MODCACHE=1
		common --disk_cache=$cache/disk --experimental_disk_cache_gc_max_size=10G
		# The sandbox has a /tmp of its own, which may hide it.
		build --sandbox_add_mount_pair=$prefix
	END
}

write_launcher() {
	cat <<-END
		#!/bin/sh
		exec "$root/usr/bin/bazel" --nosystem_rc --install_base="$share" --trust_install_base \\
			--server_javabase="$java_home" --bazelrc="$prefix/bazelrc" "\$@"
	END
}

# Starts Bazel once, and puts it in place.
complete() {
	write_bazelrc >"$prefix/bazelrc"
	write_launcher >"$bazel.new"
	chmod +x "$bazel.new"
	mkdir "$prefix/check"
	(cd "$prefix/check" && touch MODULE.bazel && "$bazel.new" --output_user_root="$prefix/check/out" --batch info release)
	chmod -R u+w "$prefix/check"
	rm -rf "$prefix/check"
	mv "$bazel.new" "$bazel"
}

mkdir -p "$cache"
exec 4>"$prefix.lock"
if ! flock --nonblock 4; then
	say 'bazelw: another run is setting Bazel up; waiting for it\n'
	flock 4
fi
[ ! -x "$bazel" ] || exit 0

say 'bazelw: setting Bazel up in %s (once)\n' "$prefix"
: >"$log"
rm -rf "$prefix"
mkdir "$prefix"
trap finish EXIT
trap 'fail Interrupted.' INT TERM
step "read the package lists of Debian $suite" read_lists
step 'download the Bazel modules for Go' install_modules
step "download $count packages, $megabytes MB" download
step 'unpack them' unpack
step 'fit them to the folder' relocate
step 'start Bazel' complete
say 'bazelw: done in %d s\n' "$SECONDS"
