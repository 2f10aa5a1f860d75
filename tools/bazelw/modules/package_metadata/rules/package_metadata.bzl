"""The rule package_metadata."""

load("//providers:package_metadata_info.bzl", "PackageMetadataInfo")

def _package_metadata_impl(ctx):
    metadata = ctx.actions.declare_file(ctx.label.name + ".package-metadata.json")
    ctx.actions.write(metadata, json.encode({"purl": ctx.attr.purl}))
    files = depset([metadata])
    return [DefaultInfo(files = files), PackageMetadataInfo(files = files, metadata = metadata)]

_package_metadata = rule(
    implementation = _package_metadata_impl,
    attrs = {
        "attributes": attr.label_list(doc = "Further statements about the package. Not used."),
        "purl": attr.string(doc = "The package's URL."),
    },
)

def package_metadata(name, **kwargs):
    """Declares what a package says about itself.

    Args:
      name: the target's name.
      **kwargs: the attributes of the rule.
    """

    # Without the empty list the repository's default, which is this very target, makes a cycle.
    _package_metadata(name = name, applicable_licenses = [], **kwargs)
