"""The toolchain: which tools and libraries the rules use."""

load("@rules_cc//cc/common:cc_info.bzl", "CcInfo")
load("//rules/private/providers:kitsune_toolchain_info.bzl", "KitsuneToolchainInfo")

TOOLCHAIN_TYPE = Label("//rules:toolchain_type")

def kitsune_tools(ctx):
    """Returns the KitsuneToolchainInfo of the rule's toolchain."""
    return ctx.toolchains[TOOLCHAIN_TYPE].kitsune

def _kitsune_toolchain_impl(ctx):
    return [platform_common.ToolchainInfo(kitsune = KitsuneToolchainInfo(
        doupd = ctx.attr.doupd[DefaultInfo],
        driver = ctx.attr.driver[DefaultInfo],
        ktcc = ctx.attr.ktcc[DefaultInfo].files_to_run,
        kttjoin = ctx.attr.kttjoin[DefaultInfo].files_to_run,
        runtime = ctx.attr.runtime[CcInfo],
        threads_runtime = ctx.attr.threads_runtime[CcInfo],
        xfgen = ctx.attr.xfgen[DefaultInfo].files_to_run,
    ))]

kitsune_toolchain = rule(
    implementation = _kitsune_toolchain_impl,
    doc = """Declares a Kitsune toolchain, to be registered with the type `//rules:toolchain_type`.

The default one, which rules_kitsune registers, is built from its sources. Declare another one to use released tools:

    kitsune_toolchain(
        name = "released_tools",
        doupd = "@kitsune_linux_amd64//:bin/doupd",
        ...
    )

    toolchain(
        name = "released",
        toolchain = ":released_tools",
        toolchain_type = "@rules_kitsune//rules:toolchain_type",
    )
""",
    attrs = {
        "doupd": attr.label(
            doc = "Asks a running process to update itself. Runs where the program runs.",
            mandatory = True,
            executable = True,
            cfg = "target",
        ),
        "driver": attr.label(
            doc = "Runs a version of a program.",
            mandatory = True,
            executable = True,
            cfg = "target",
        ),
        "ktcc": attr.label(
            doc = "The C compiler wrapper.",
            mandatory = True,
            executable = True,
            cfg = "exec",
        ),
        "kttjoin": attr.label(
            doc = "Joins the type summaries of a program's units.",
            mandatory = True,
            executable = True,
            cfg = "exec",
        ),
        "runtime": attr.label(
            doc = "The runtime library for programs with one thread, with its public headers.",
            mandatory = True,
            providers = [CcInfo],
            cfg = "target",
        ),
        "threads_runtime": attr.label(
            doc = "The runtime library for programs with several threads, with the same headers.",
            mandatory = True,
            providers = [CcInfo],
            cfg = "target",
        ),
        "xfgen": attr.label(
            doc = "Generates the transformers of an update.",
            mandatory = True,
            executable = True,
            cfg = "exec",
        ),
    },
)
