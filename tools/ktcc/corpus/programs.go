package corpus

// A Program is one of Debian's source packages.
type Program struct {
	Package string

	// Needs are the Debian packages with what its build uses, but for
	// build-essential.
	Needs []string

	// Configure and Make are commands of the shell. In Configure, $CC is the
	// compiler; in Make it also has the options that include kitsune.h in every
	// source. Configure must not have them: the programs that it tries declare
	// functions of the C library in their own ways.
	Configure, Make string

	// Test runs the program's own tests as Make does, after it. $EXTRA is the
	// folder of another package's sources, of that called Extra.
	Test, Extra string
}

// Programs are those of the corpus.
var Programs = []*Program{
	{
		Package: "lua5.4",
		Make:    `make -j2 CC="$CC -std=gnu99" linux`,
		// Its authors publish their test suite by itself, and Debian has none for
		// this version. The tests of LPeg are programs in Lua, for a module in C.
		Test:  `make -C "$EXTRA" CC="$CC -std=gnu99" LUADIR="$PWD/src" linux && cd "$EXTRA" && "$OLDPWD/src/lua" test.lua`,
		Extra: "lua-lpeg",
	},
	{
		Package:   "zlib",
		Configure: `./configure`,
		Make:      `make -j2 CC="$CC" LDSHARED="$CC -shared -Wl,-soname,libz.so.1,--version-script,zlib.map"`,
		Test:      `make test`,
	},
	{
		Package:   "sqlite3",
		Needs:     []string{"tcl-dev"},
		Configure: `./configure`,
		Make:      `make -j2 CC="$CC" BCC="$CC"`,
		Test: `make -j2 CC="$CC" testfixture || exit
			if [ "$(id -u)" = 0 ]; then # It expects that it must not open some files.
				rm test/oserror.test
				set -- setpriv --bounding-set=-dac_override,-dac_read_search
			fi
			"$@" ./testfixture test/extraquick.test`,
	},
	{
		Package:   "memcached",
		Needs:     []string{"libevent-dev"},
		Configure: `./configure --disable-docs`,
		Make:      `make -j2 CC="$CC"`,
	},
	{
		Package: "vsftpd",
		Needs:   []string{"libcap-dev", "libpam0g-dev"},
		// It defines what follows from _GNU_SOURCE by itself, and is compiled with
		// -Werror. Its way of finding libraries knows only /lib and /usr/lib.
		Make: `make -j2 CC="$CC -U_GNU_SOURCE" LIBS="-lcap -lpam -lcrypt"`,
	},
	{
		Package: "redis",
		Make:    `make -j2 MALLOC=libc CC="$CC"`,
	},
	{
		Package:   "nginx",
		Needs:     []string{"libpcre2-dev", "zlib1g-dev", "libssl-dev"},
		Configure: `./configure --with-cc="$CC" --with-http_ssl_module --with-http_v2_module --with-stream --with-mail`,
		Make:      `make -j2 CC="$CC"`,
	},
	{
		Package: "haproxy",
		Needs:   []string{"libpcre2-dev", "zlib1g-dev", "libssl-dev"},
		Make:    `make -j2 CC="$CC" TARGET=linux-glibc USE_OPENSSL=1 USE_PCRE2=1 USE_ZLIB=1`,
	},
	{
		Package:   "lighttpd",
		Needs:     []string{"libpcre2-dev", "zlib1g-dev"},
		Configure: `./configure`,
		Make:      `make -j2 CC="$CC"`,
	},
	{
		Package:   "icecast2",
		Needs:     []string{"libxslt1-dev", "libvorbis-dev", "libcurl4-openssl-dev", "libssl-dev"},
		Configure: `./configure`,
		Make:      `make -j2 CC="$CC"`,
	},
	{
		Package:   "unbound",
		Needs:     []string{"libssl-dev", "libexpat1-dev"},
		Configure: `./configure`,
		Make:      `make -j2 CC="$CC"`,
	},
	{
		Package:   "tor",
		Needs:     []string{"libevent-dev", "libssl-dev", "zlib1g-dev"},
		Configure: `./configure --disable-asciidoc`,
		Make:      `make -j2 CC="$CC"`,
	},
}
