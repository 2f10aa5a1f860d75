"""Tests of //rules/private:source_root.bzl."""

load("@bazel_skylib//lib:unittest.bzl", "asserts", "unittest")
load("//rules/private:source_root.bzl", "common_directory")

def _common_directory_test_impl(ctx):
    env = unittest.begin(ctx)
    for want, directories in [
        ("", [""]),
        ("a/b", ["a/b"]),
        ("a/b", ["a/b", "a/b"]),
        ("a", ["a/b", "a/c"]),
        ("a", ["a", "a/b/c"]),
        ("a", ["a/b/c", "a"]),
        ("a", ["a/bc", "a/b"]),
        ("", ["a", "b"]),
        ("", ["a/b", ""]),
    ]:
        asserts.equals(env, want, common_directory(directories), "of %s" % directories)
    return unittest.end(env)

common_directory_test = unittest.make(_common_directory_test_impl)

def source_root_tests(name):
    unittest.suite(name, common_directory_test)
