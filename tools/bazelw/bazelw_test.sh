#!/bin/bash
# bazelw_test.sh BAZELW GO.MOD SETUP.SH
#
# Runs bazelw on made-up machines, each a PATH with the programs that it has: which Bazel it takes, and what
# it says is missing. A set-up that succeeds is not among them: that takes a network.
set -euo pipefail

bazelw=$(realpath "$1") go_mod=$(realpath "$2") setup=$(realpath "$3")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# --- Machines ---

# A machine with nothing that bazelw asks for: no Bazel, no Go, no compiler, no apt.
bare() {
	local tool
	chmod -R u+w "$work"
	rm -rf "${work:?}"/*
	mkdir -p "$work"/{bin,bin2,home,repo/tools/bazelw/modules}
	cp "$bazelw" "$go_mod" "$work/repo"
	cp "$setup" "$work/repo/tools/bazelw"
	for tool in awk basename bash cat chmod cp dirname env find flock grep head ln mkdir mv nproc readlink realpath rm \
		sed sh sleep sort tail touch tr xargs; do
		ln -s "$(type -P "$tool")" "$work/bin"
	done
	program uname 'echo "Linux x86_64"'
	program df 'echo; echo "disk 9000 1 9000 1% /"'
	environment=(HOME="$work/home" PATH="$work/bin:$work/bin2")
}

# One with all that a set-up needs, apart from the network. The repositories that its apt knows are in a file;
# those that a set-up asks come to be in another.
complete() {
	bare
	program go <<-'END'
		[ "$1" != env ] || { echo go1.99.1; exit; }
		printf '\t"Error": "no network"\n'
		exit 1
	END
	program gcc 'cat >/dev/null'
	program dpkg-deb ''
	program apt-config "echo 'Acquire::Retries \"1\";'"
	program apt-cache 'echo "no packages"'
	program apt-get <<-'END'
		machine=${0%/bin/*}
		case $* in
		--print-uris*) sed "s#.*#'http://&/InRelease' name 0#" "$machine/repositories" ;;
		*update)
			cat "${APT_CONFIG%/*}/sources.list" >>"$machine/asked"
			[ ! -e "$machine/online" ] || exit 0
			echo "E: no network"
			exit 100 ;;
		esac
	END
	printf '%s\n' good/debian/dists/stable good/debian/dists/stable-updates shop/dists/any good/debian/dists/testing \
		other/dists/sid >"$work/repositories"
	touch "$work/keyring"
	environment+=(KITSUNE_DEBIAN_KEYRING="$work/keyring")
}

# program NAME [TEXT]: a program of the machine, from TEXT or the standard input. One in another folder than
# bin has the folder in its name.
program() {
	local file=$work/bin/$1
	[[ $1 != */* ]] || file=$work/$1
	rm -f "$file"
	{
		echo '#!/bin/bash'
		if [ $# -gt 1 ]; then echo "$2"; else cat; fi
	} >"$file"
	chmod +x "$file"
}

# A Bazel of some version, which says what it was called with.
a_bazel() { program "$1" "if [ \"\$*\" = --version ]; then echo 'bazel $2'; else echo \"$1 runs: \$*\"; fi"; }

lacks() { rm "$work/bin/$1"; }

private=home/.cache/rules_kitsune/bazel-forky-1

# --- Expectations ---

failures=0 name=
case_() { name=$1; }
problem() {
	failures=$((failures + 1))
	printf 'FAIL %s: %s\n' "$name" "$1"
	sed 's/^/    | /' "$work/out" "$work/err"
}

# Runs bazelw, with more environment as NAME=VALUE.
run() {
	status=0
	env -i "${environment[@]}" "$@" "$work/repo/bazelw" test //... >"$work/out" 2>"$work/err" || status=$?
}

takes() { # What takes the call.
	[ "$status" -eq 0 ] || problem "exit status $status"
	[ "$(cat "$work/out")" = "$1 runs: test //..." ] || problem "$1 does not take the call"
}

fails() { # Each argument is a part of what it says.
	local text
	[ "$status" -ne 0 ] || problem "does not fail"
	for text; do
		grep -qF -e "$text" "$work/err" || problem "does not say: $text"
	done
}

says_not() { ! grep -qF -e "$1" "$work/err" || problem "says: $1"; }

# --- Which Bazel ---

for version in 7.7.0 7.7.1 7.10.0 8.0.0rc1 10.0.0; do
	case_ "Bazel $version on PATH"
	complete
	a_bazel bazel "$version"
	run
	takes bazel
done

for version in 4.2.3 "4.2.3- (@non-git)" 7.6.9 no_version; do
	case_ "Bazel $version on PATH"
	complete
	lacks apt-get
	a_bazel bazel "$version"
	run
	fails "$work/bin/bazel is Bazel $version, but 7.7 or later is needed: not used" apt-get
done

case_ 'an old Bazel before a new one'
complete
a_bazel bazel 6.0.0
a_bazel bin2/bazel 8.1.0
run
takes bin2/bazel

case_ 'Bazelisk before Bazel'
complete
a_bazel bazel 8.1.0
program bin2/bazelisk 'echo "bazelisk runs: $*"'
run
takes bazelisk

case_ 'a Bazel that does not run'
complete
lacks apt-get
program bazel 'echo "no such version" >&2; exit 1'
run
fails "$work/bin/bazel does not run: no such version: not used"

case_ 'the Bazel of a Debian package'
complete
lacks apt-get
a_bazel bazel 7.7.1
mkdir -p "$work/share/bazel"
touch "$work/share/bazel/bazel_classpath_debian_depends.txt"
run
fails "$work/bin/bazel is Debian's own build"

case_ 'bazelw as the bazel of PATH'
complete
ln -s "$work/repo/bazelw" "$work/bin/bazel"
a_bazel bin2/bazel 8.1.0
run
takes bin2/bazel

case_ 'a Bazel that is asked for'
complete
a_bazel bazel 8.1.0
a_bazel bin2/other 1.0.0
run KITSUNE_BAZEL="$work/bin2/other"
takes bin2/other
run KITSUNE_BAZEL="$work/bin2/none"
fails "KITSUNE_BAZEL names no program: $work/bin2/none"

case_ 'the private Bazel'
complete
mkdir -p "$work/$private"
a_bazel "$private/bazel" 7.7.1
run
takes "$private/bazel"
a_bazel bazel 8.1.0
run
takes bazel
run KITSUNE_BAZEL=private
takes "$private/bazel"

# --- What is missing ---

case_ 'a bare machine'
bare
run
fails 'Go: install version' 'a C compiler: install gcc' 'a Debian system: there is no apt-get apt-config dpkg-deb on PATH'
[ ! -e "$work/home/.cache" ] || problem 'leaves something behind'

case_ 'a Bazel, but nothing else'
bare
a_bazel bazel 8.1.0
run
fails 'Go: install version' 'a C compiler: install gcc'
says_not Debian

case_ 'an old Go'
complete
program go 'echo go1.21.5'
run
fails "a newer Go: $work/bin/go is go1.21.5, but $(sed -n 's/^go //p' "$go_mod") or later is needed"

case_ 'another compiler'
complete
lacks gcc
a_bazel bazel 8.1.0
program clang ''
run CC=clang
takes bazel

case_ 'a compiler without headers'
complete
program gcc 'cat >/dev/null; exit 1'
run
fails 'the headers of the C library: apt-get install libc6-dev'

case_ 'another processor'
complete
program uname 'echo "Linux aarch64"'
run
fails 'Linux on x86_64: this is Linux aarch64'

case_ 'no mirror'
complete
echo shop/dists/any >"$work/repositories"
run
fails "a Debian mirror: apt's sources have none; name one in KITSUNE_DEBIAN_MIRROR"

case_ 'no keys'
complete
run KITSUNE_DEBIAN_KEYRING=/none/keys.gpg
fails "Debian's keys, /none/keys.gpg: apt-get install debian-archive-keyring"

case_ 'a full disk'
complete
program df 'echo; echo "disk 9000 8000 1000 90% /"'
run
fails "1500 MB free for $work/home/.cache/rules_kitsune: there are 1000 MB"

case_ 'a cache folder that cannot be'
complete
touch "$work/file"
run XDG_CACHE_HOME="$work/file"
fails "a cache folder that can be written to (not $work/file/rules_kitsune)"
run XDG_CACHE_HOME="$work/with space"
fails 'a cache folder whose name has no spaces'
environment=(PATH="$work/bin")
run
fails 'set HOME or XDG_CACHE_HOME'

# --- The set-up ---

case_ 'no network'
complete
run
fails '1/6  read the package lists of Debian forky' failed 'E: no network' KITSUNE_DEBIAN_MIRROR \
	"$work/$private.log"
grep -q 'read the package lists' "$work/$private.log" || problem 'leaves no log'
[ "$(cut -d' ' -f3- "$work/asked")" = "$(printf 'http://%s forky main\n' good/debian other)" ] ||
	problem "asks $(cat "$work/asked")"

case_ 'a mirror that is asked for'
complete
run KITSUNE_DEBIAN_MIRROR=http://mine/debian KITSUNE_DEBIAN_SUITE=sid
fails 'Debian sid cannot be read from http://mine/debian'
[ "$(cut -d' ' -f3- "$work/asked")" = "http://mine/debian sid main" ] || problem "asks $(cat "$work/asked")"

for version in 4.2.3+ds-9 8.1.0+ds-1; do
	case_ "a suite with bazel-bootstrap $version"
	complete
	touch "$work/online"
	program apt-cache "echo 'Version: $version'"
	run
	fails "Debian forky has $version as its bazel-bootstrap, and this needs a version 7, 7.7 or later"
done

case_ 'Go modules that are not what they were'
complete
touch "$work/online"
program apt-cache 'case $1 in show) echo "Version: 7.7.1+ds-8" ;; *) echo openjdk-21-jre-headless ;; esac'
run
fails 'The Go module github.com/bazelbuild/rules_go@' '"no network"'
program go 'if [ "$1" = env ]; then echo go1.99.1; else echo "{ \"Sum\": \"h1:other\" }"; fi'
run
fails 'The Go module github.com/bazelbuild/rules_go@' 'is not the one this script knows'

case_ 'an interrupted set-up'
complete
mkdir -p "$work/$private/root"
a_bazel "$private/bazel.new" 7.7.1
run
fails '1/6'
[ ! -e "$work/$private/root" ] || problem 'goes on with the old one'

case_ 'a newer set-up'
complete
mkdir -p "$work/$private"
a_bazel "$private/bazel" 7.7.1
sed -i 's/^setup_version=.*/setup_version=next/' "$work/repo/bazelw"
run
fails '1/6' "${private%-*}-next"
[ -x "$work/$private/bazel" ] || problem 'removes the old one'

case_ 'two set-ups at once'
complete
mkdir -p "$work/$private"
exec 9>"$work/$private.lock" # The other one.
flock 9
(
	exec 9>&-
	run
	echo "$status" >"$work/status"
) &
for ((i = 0; i < 100; i++)); do
	! grep -qs 'waiting for it' "$work/err" || break
	sleep 0.1
done
a_bazel "$private/bazel" 7.7.1
exec 9>&-
wait
status=$(cat "$work/status")
takes "$private/bazel"
grep -q 'another run is setting Bazel up' "$work/err" || problem 'does not wait'

[ "$failures" -eq 0 ] || exit 1
echo PASS
