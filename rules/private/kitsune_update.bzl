"""An update from one version of a program to another."""

load("@rules_cc//cc:find_cc_toolchain.bzl", "find_cc_toolchain", "use_cc_toolchain")
load("@rules_cc//cc/common:cc_common.bzl", "cc_common")
load("//rules/private:kitsune_toolchain.bzl", "TOOLCHAIN_TYPE", "kitsune_tools")
load("//rules/private:launcher.bzl", "launcher")
load("//rules/private:link.bzl", "link")
load("//rules/private/providers:kitsune_info.bzl", "KitsuneInfo")

def _predecessor(ctx):
    if KitsuneInfo in ctx.attr.old:
        return ctx.attr.old[KitsuneInfo].summary
    if len(ctx.files.old) != 1 or ctx.files.old[0].extension not in ["so", "ktt"]:
        fail("attribute 'old' of %s: %s is neither a kitsune_shared_library nor a .so or .ktt file" %
             (ctx.label, ctx.attr.old.label))
    return ctx.files.old[0]

def _generate(ctx, old, new):
    transformers = ctx.actions.declare_file("_kitsune/%s/transformers.c" % ctx.label.name)
    args = ctx.actions.args()
    args.add(transformers)
    args.add(old)
    args.add(new.summary)
    if ctx.file.xf:
        args.add(ctx.file.xf)
    ctx.actions.run(
        executable = kitsune_tools(ctx).xfgen,
        arguments = [args],
        inputs = [old, new.summary] + ctx.files.xf,
        outputs = [transformers],
        mnemonic = "KitsuneTransformers",
        progress_message = "Generating the transformers of %{label}",
        toolchain = None,
    )
    return transformers

def _kitsune_update_impl(ctx):
    new = ctx.attr.new[KitsuneInfo]
    cc_toolchain = find_cc_toolchain(ctx)
    feature_configuration = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = cc_toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )
    transformers = _generate(ctx, _predecessor(ctx), new)
    _, compiled = cc_common.compile(
        actions = ctx.actions,
        name = ctx.label.name,
        cc_toolchain = cc_toolchain,
        feature_configuration = feature_configuration,
        srcs = [transformers],
        # Code in rules looks at the state through the types of two versions.
        user_compile_flags = ["-fno-strict-aliasing"],
        compilation_contexts = [new.compilation_context],
        # Code in rules includes the program's headers as the program does.
        quote_includes = [new.source_root or ".", ctx.bin_dir.path + "/" + new.source_root],
        disallow_nopic_outputs = True,
    )
    library = link(
        ctx,
        cc_toolchain,
        feature_configuration,
        depset(compiled.pic_objects, transitive = [new.objects]),
        new.linking_context,
        new.link_flags,
        new.link_inputs,
    )
    return [
        launcher(
            ctx,
            description = "doupd: updates the process whose PID is its argument.",
            tool = kitsune_tools(ctx).doupd,
            arguments = '"$@" {file}',
            file = library,
        ),
        OutputGroupInfo(transformers = depset([transformers])),
    ]

_kitsune_update = rule(
    implementation = _kitsune_update_impl,
    doc = "An update from one version of a program to another.",
    attrs = {
        "library": attr.output(mandatory = True),
        "new": attr.label(
            doc = "The version to update to.",
            mandatory = True,
            providers = [KitsuneInfo],
        ),
        "old": attr.label(
            doc = "The version that runs: a `kitsune_shared_library`, or a file: the `.so` of a release, or its `.ktt`.",
            mandatory = True,
            allow_files = [".so", ".ktt"],
        ),
        "xf": attr.label(
            doc = "The rules of the transformation.",
            allow_single_file = [".xf"],
        ),
    },
    executable = True,
    fragments = ["cpp"],
    toolchains = use_cc_toolchain() + [TOOLCHAIN_TYPE],
)

def kitsune_update(name, **kwargs):
    """Builds an update: the new version together with the code that transforms the old version's state.

    `xfgen` compares the two versions and generates what it can; the rules in the `.xf` file say what it cannot know. An
    update that is not complete does not build, and the message says what is missing.

        kitsune_update(
            name = "update",
            old = "released/server-1.4.so",
            new = ":server",
            xf = "1.4-to-1.5.xf",
        )

    The output `NAME.so` is what `doupd` is given. `bazel run :update -- PID` builds it and updates the process PID.

    The attributes are described with the rule.

    Args:
      name: of the target; its output is the file `NAME.so`, which has a label of its own.
      **kwargs: the attributes of the rule.
    """
    _kitsune_update(
        name = name,
        library = name + ".so",
        **kwargs
    )
