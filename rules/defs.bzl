"""The rules for programs that are updated while they run.

    load("@rules_kitsune//rules:defs.bzl", "kitsune_shared_library", "kitsune_update")

`kitsune_shared_library` builds one version of a program, `kitsune_update` makes of a version and its predecessor
what `doupd` loads into the running process. Both can be run: `bazel run` starts the program, or updates it.
"""

load("//rules/private:kitsune_toolchain.bzl", _kitsune_toolchain = "kitsune_toolchain")
load(
    "//rules/private:macros.bzl",
    _kitsune_shared_library = "kitsune_shared_library",
    _kitsune_update = "kitsune_update",
)
load("//rules/private/providers:kitsune_info.bzl", _KitsuneInfo = "KitsuneInfo")
load("//rules/private/providers:kitsune_toolchain_info.bzl", _KitsuneToolchainInfo = "KitsuneToolchainInfo")

kitsune_shared_library = _kitsune_shared_library
kitsune_update = _kitsune_update
kitsune_toolchain = _kitsune_toolchain
KitsuneInfo = _KitsuneInfo
KitsuneToolchainInfo = _KitsuneToolchainInfo
