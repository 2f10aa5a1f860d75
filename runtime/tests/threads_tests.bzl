"""Tests of programs with threads, as they are built, and with sanitizers."""

load("@rules_cc//cc:defs.bzl", "cc_library")
load(":program_test.bzl", "program_test")
load(":sanitized.bzl", "sanitized_program_tests")

def threads_tests(name, programs):
    """Declares the tests NAME_PROGRAM.

    Args:
      name: what their names begin with.
      programs: the names of sources: programs/threads_PROGRAM.c.
    """
    cc_library(
        name = name + "_runtime",
        testonly = True,
        hdrs = ["programs/program.h"],
        deps = [
            ":check",
            "//runtime:kitsune-threads",
        ],
    )
    for program in programs:
        program_test(
            name = "%s_%s" % (name, program),
            src = "programs/threads_%s.c" % program,
            runtime = name + "_runtime",
        )

def sanitized_threads_tests(name, flag, programs, copts = []):
    """Like threads_tests, with a runtime and a driver that are built with a sanitizer as well.

    Args:
      name: what the names of the tests begin with.
      flag: what chooses the sanitizer, when compiling and linking.
      programs: the names of sources: programs/threads_PROGRAM.c.
      copts: more flags for the compilation of the programs.
    """
    sanitized_program_tests(
        name = name,
        copts = copts,
        flag = flag,
        local_defines = ["KITSUNE_THREADS"],
        prefix = "threads_",
        programs = programs,
        sources = "//runtime:sources",
    )
