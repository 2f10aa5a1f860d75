"""One version of an updatable program."""

load("@rules_cc//cc:find_cc_toolchain.bzl", "find_cc_toolchain", "use_cc_toolchain")
load("@rules_cc//cc/common:cc_common.bzl", "cc_common")
load("@rules_cc//cc/common:cc_info.bzl", "CcInfo")
load("//rules/private:compile.bzl", "compile", "source_root")
load("//rules/private:kitsune_toolchain.bzl", "TOOLCHAIN_TYPE", "kitsune_tools")
load("//rules/private:launcher.bzl", "launcher")
load("//rules/private:link.bzl", "link")
load("//rules/private/providers:kitsune_info.bzl", "KitsuneInfo")

def _join(ctx, summaries):
    joined = ctx.actions.declare_file(ctx.label.name + ".ktt")
    args = ctx.actions.args()
    args.add(joined)
    args.add_all(summaries)
    ctx.actions.run(
        executable = kitsune_tools(ctx).kttjoin,
        arguments = [args],
        inputs = summaries,
        outputs = [joined],
        mnemonic = "KitsuneJoin",
        progress_message = "Joining the type summaries of %{label}",
        toolchain = None,
    )
    return joined

def _kitsune_shared_library_impl(ctx):
    tools = kitsune_tools(ctx)
    cc_toolchain = find_cc_toolchain(ctx)
    feature_configuration = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = cc_toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )
    deps = cc_common.merge_cc_infos(cc_infos = [dep[CcInfo] for dep in ctx.attr.deps] + [tools.runtime])
    own = cc_common.create_compilation_context(
        headers = depset(ctx.files.hdrs),
        defines = depset(ctx.attr.defines),
        quote_includes = depset([".", ctx.bin_dir.path]),
    )
    compilation_context = cc_common.merge_compilation_contexts(
        compilation_contexts = [own, deps.compilation_context],
    )
    root = source_root(ctx)
    objects, summaries = compile(ctx, cc_toolchain, feature_configuration, compilation_context, root)
    summary = _join(ctx, summaries)
    flags = [
        ctx.expand_make_variables("linkopts", ctx.expand_location(flag, ctx.attr.additional_inputs), {})
        for flag in ctx.attr.linkopts
    ]
    library = link(
        ctx,
        cc_toolchain,
        feature_configuration,
        depset(objects),
        deps.linking_context,
        flags,
        ctx.files.additional_inputs,
    )
    return [
        launcher(
            ctx,
            description = "the program under the driver, with the arguments of this script.",
            tool = tools.driver,
            arguments = '{file} "$@"',
            file = library,
        ),
        KitsuneInfo(
            compilation_context = compilation_context,
            library = library,
            link_flags = flags,
            link_inputs = ctx.files.additional_inputs,
            linking_context = deps.linking_context,
            objects = depset(objects),
            source_root = root,
            summary = summary,
        ),
        OutputGroupInfo(ktt = depset([summary]), objects = depset(objects)),
    ]

_kitsune_shared_library = rule(
    implementation = _kitsune_shared_library_impl,
    doc = "One version of an updatable program.",
    attrs = {
        "additional_inputs": attr.label_list(
            doc = "Files that `copts` or `linkopts` refer to.",
            allow_files = True,
        ),
        "automigrate": attr.bool(
            doc = "Whether `kitsune_do_automigrate()` carries over every writable variable, or only those marked " +
                  "`E_AUTO_MIGRATE`.",
            default = True,
        ),
        "copts": attr.string_list(doc = "Additional flags of the C compiler."),
        "defines": attr.string_list(doc = "Preprocessor definitions, also for the transformers of an update."),
        "deps": attr.label_list(
            doc = "C libraries that the program uses. They are linked statically and are replaced with the program, " +
                  "but their variables are not carried over.",
            providers = [CcInfo],
        ),
        "hdrs": attr.label_list(
            doc = "The program's headers; also rules' code in `.xf` files can include them.",
            allow_files = [".h", ".inc"],
        ),
        "library": attr.output(mandatory = True),
        "linkopts": attr.string_list(doc = "Additional flags of the link command."),
        "local_defines": attr.string_list(doc = "Preprocessor definitions for the program's sources only."),
        "source_root": attr.string(
            doc = "The directory, relative to the package, that file names in the keys of static variables are " +
                  "relative to: two versions of a program match although they lie in different directories. " +
                  "Default: the longest directory that all of `srcs` lie in.",
        ),
        "srcs": attr.label_list(
            doc = "The program's C sources.",
            allow_files = [".c"],
            allow_empty = False,
            mandatory = True,
        ),
    },
    executable = True,
    fragments = ["cpp"],
    toolchains = use_cc_toolchain() + [TOOLCHAIN_TYPE],
)

def kitsune_shared_library(name, **kwargs):
    """Builds one version of an updatable program: the shared object `NAME.so` that the driver runs.

    Its sources are compiled by `ktcc`, which records what an update needs to know: types, variables, functions, and what
    the program's annotations say. The program calls `kitsune_update()` where it is ready to be updated.

        kitsune_shared_library(
            name = "server",
            srcs = glob(["*.c"]),
            hdrs = glob(["*.h"]),
            deps = ["//lib/net"],
        )

    `bazel run :server -- ARGUMENTS` starts it. Keep `server.so` of each release: an update can be built against it later
    with `kitsune_update`.

    The attributes are described with the rule.

    Args:
      name: of the target; its output is the file `NAME.so`, which has a label of its own.
      **kwargs: the attributes of the rule.
    """
    _kitsune_shared_library(
        name = name,
        library = name + ".so",
        **kwargs
    )
