"""Tests of what the rules tell kttjoin about advice."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("//rules:defs.bzl", "kitsune_shared_library")

def _advice_test_impl(ctx):
    env = analysistest.begin(ctx)
    flags = [
        argument
        for action in analysistest.target_actions(env)
        if action.mnemonic == "KitsuneJoin"
        for argument in action.argv
        if argument.startswith("-")
    ]
    asserts.equals(env, ["-Werror", "-Wno-void-pointer=struct client.data"], flags)

    # What only builds the shared object joins the summaries as well.
    validated = analysistest.target_under_test(env)[OutputGroupInfo]._validation.to_list()
    asserts.equals(env, ["advised.ktt"], [file.basename for file in validated])
    return analysistest.end(env)

_advice_test = analysistest.make(_advice_test_impl)

def advice_tests(name):
    """Declares the test, and what it needs. Nothing of it is compiled.

    Args:
      name: of the test.
    """
    kitsune_shared_library(
        name = "advised",
        srcs = ["src/program.c"],
        advice = [
            "-Werror",
            "-Wno-void-pointer=struct client.data",
        ],
        tags = ["manual"],
    )
    _advice_test(
        name = name,
        size = "small",
        target_under_test = ":advised",
    )
