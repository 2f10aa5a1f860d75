"""Tests that are programs which update themselves from version 0 to version 1."""

load("@rules_cc//cc:defs.bzl", "cc_binary")
load("@rules_shell//shell:sh_test.bzl", "sh_test")

def program_test(name, src, copts = [], linkopts = [], runtime = ":program", driver = "//driver", **kwargs):
    """Compiles a program twice and runs it under the driver.

    Args:
      name: of the test; the versions are NAME-0.so and NAME-1.so.
      src: the program, see programs/program.h. No ktcc is involved: it registers what it needs by hand.
      copts: additional flags of the compiler.
      linkopts: additional flags of the linker.
      runtime: the library that the program is linked with.
      driver: the driver.
      **kwargs: of the test.
    """
    versions = ["%s-%d.so" % (name, version) for version in (0, 1)]
    for number, version in enumerate(versions):
        cc_binary(
            name = version,
            testonly = True,
            srcs = [src],
            copts = [
                "-std=gnu11",
                "-DVERSION=%d" % number,
            ] + copts,
            linkopts = [
                "-Wl,-u,kitsune_init_inplace",
                "-Wl,-Bsymbolic",
            ] + linkopts,
            linkshared = True,
            deps = [runtime],
        )
    sh_test(
        name = name,
        size = "small",
        srcs = ["run_program.sh"],
        args = ["$(rootpath %s)" % driver] + ["$(rootpath %s)" % version for version in versions],
        data = [driver] + versions,
        **kwargs
    )
