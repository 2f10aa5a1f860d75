"""Tests of programs whose runtime and driver are built with a sanitizer as well."""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_library")
load(":program_test.bzl", "program_test")

def sanitized_program_tests(name, flag, sources, programs, prefix = "", copts = [], local_defines = []):
    """Declares the tests NAME_PROGRAM.

    Args:
      name: what the names of the tests begin with.
      flag: what chooses the sanitizer, when compiling and linking.
      sources: those of the runtime.
      programs: the names of sources: programs/PREFIXPROGRAM.c.
      prefix: of the names of these sources.
      copts: more flags for the compilation of the programs.
      local_defines: of the runtime.
    """
    cc_library(
        name = name + "_runtime",
        testonly = True,
        srcs = [sources],
        hdrs = ["programs/program.h"],
        copts = [
            "-std=gnu11",
            "-O2",
            "-g",
            "-fvisibility=hidden",
            flag,
        ],
        linkopts = ["-ldl"],
        linkstatic = True,
        local_defines = local_defines,
        deps = [
            ":check",
            "//runtime:headers",
        ],
    )
    cc_binary(
        name = name + "_driver",
        testonly = True,
        srcs = [
            "suppressions.c",
            "//driver:driver.c",
        ],
        copts = [
            "-std=gnu11",
            flag,
        ],
        linkopts = [
            "-ldl",
            flag,
        ],
        deps = ["//runtime:headers"],
    )
    for program in programs:
        program_test(
            name = "%s_%s" % (name, program),
            src = "programs/%s%s.c" % (prefix, program),
            copts = [
                "-g",
                flag,
            ] + copts,
            driver = name + "_driver",
            linkopts = [flag],
            runtime = name + "_runtime",
        )
