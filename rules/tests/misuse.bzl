"""Tests of what the rules say when they are used wrongly."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("//rules:defs.bzl", "kitsune_shared_library", "kitsune_update")

def _misuse_test_impl(ctx):
    env = analysistest.begin(ctx)
    asserts.expect_failure(env, ctx.attr.message)
    return analysistest.end(env)

_misuse_test = analysistest.make(
    _misuse_test_impl,
    attrs = {"message": attr.string(mandatory = True)},
    expect_failure = True,
)

def _misuse(name, rule, message, **kwargs):
    """Declares the target NAME, of a rule with attributes, and a test that it fails with a message.

    Args:
      name: of the target.
      rule: what declares it.
      message: a part of what Bazel says.
      **kwargs: the attributes.

    Returns:
      the name of the test.
    """
    rule(
        name = name,
        tags = ["manual"],  # It cannot be built.
        **kwargs
    )
    _misuse_test(
        name = name + "_test",
        size = "small",
        message = message,
        target_under_test = ":" + name,
    )
    return name + "_test"

def misuse_tests(name):
    """Declares the tests, and what they need. Nothing of it is compiled.

    Args:
      name: of the suite of the tests.
    """
    for version in ["v1", "v2"]:
        kitsune_shared_library(
            name = version,
            srcs = ["src/program.c"],
            tags = ["manual"],
        )
    native.filegroup(
        name = "releases",
        srcs = [
            "v1.so",
            "v2.so",
        ],
        tags = ["manual"],
    )

    native.test_suite(
        name = name,
        tests = [
            _misuse(
                name = "no_srcs",
                rule = kitsune_shared_library,
                srcs = [],
                message = "attribute must be non empty",
            ),
            _misuse(
                name = "source_root_without_sources",
                rule = kitsune_shared_library,
                srcs = ["src/program.c"],
                source_root = "source",
                message = "none of 'srcs' lies in 'source'; it is a directory relative to the package",
            ),
            _misuse(
                name = "source_root_is_a_part_of_a_name",
                rule = kitsune_shared_library,
                srcs = ["src/program.c"],
                source_root = "sr",
                message = "none of 'srcs' lies in 'sr'",
            ),
            _misuse(
                name = "open_quotation",
                rule = kitsune_shared_library,
                srcs = ["src/program.c"],
                copts = ["-DNAME='a b"],
                message = "unterminated quotation while tokenizing '-DNAME='a b'",
            ),
            _misuse(
                name = "two_words_in_a_definition",
                rule = kitsune_shared_library,
                srcs = ["src/program.c"],
                local_defines = ["NAME=a b"],
                message = "\"NAME=a b\" is not one definition but 2 words; put quotes around what has spaces",
            ),
            _misuse(
                name = "empty_definition",
                rule = kitsune_shared_library,
                srcs = ["src/program.c"],
                defines = [""],
                message = "\"\" is not one definition but 0 words",
            ),
            _misuse(
                name = "location_of_a_stranger",
                rule = kitsune_shared_library,
                srcs = ["src/program.c"],
                copts = ["-include $(location src/other.h)"],
                message = "src/other.h' in $(location) expression is not a declared prerequisite",
            ),
            _misuse(
                name = "advice_is_no_flag",
                rule = kitsune_shared_library,
                srcs = ["src/program.c"],
                advice = ["void-pointer"],
                message = "'void-pointer' is not a flag about advice, such as -Wno-void-pointer",
            ),
            _misuse(
                name = "new_is_a_file",
                rule = kitsune_update,
                old = ":v1",
                new = ":v2.so",
                message = "%s is not a kitsune_shared_library; only 'old' can be a file" % Label(":v2.so"),
            ),
            _misuse(
                name = "old_is_two_files",
                rule = kitsune_update,
                old = ":releases",
                new = ":v2",
                message = "%s has 2 files, and the version that runs is one: a .so or a .ktt" % Label(":releases"),
            ),
            _misuse(
                name = "old_is_not_a_version",
                rule = kitsune_update,
                old = "src/program.c",
                new = ":v2",
                message = "src/program.c' is misplaced here (expected .so or .ktt)",
            ),
            _misuse(
                name = "xf_includes_without_xf",
                rule = kitsune_update,
                old = ":v1",
                new = ":v2",
                xf_includes = ["src/shared.xf"],
                message = "there is no 'xf' that could include %s" % Label("src/shared.xf"),
            ),
        ],
    )
