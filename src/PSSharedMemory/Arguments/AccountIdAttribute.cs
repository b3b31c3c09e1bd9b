using System;
using System.Globalization;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Takes the name of an account of this host, or its number, as chown(1) takes both.</summary>
[AttributeUsage(AttributeTargets.Property)]
public abstract class AccountIdAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        var text =
            Convert.ToString(PlainObject.Of(inputData), CultureInfo.InvariantCulture) ?? "";
        return Resolve(text) is not null
            ? text
            : text.Contains(':', StringComparison.Ordinal)
            ? throw new ArgumentTransformationMetadataException(
                $"'{PrintableText.Of(text)}' isn't a {What}: -Owner takes the user, -Group the group.")
            : throw new ArgumentTransformationMetadataException(
                $"There is no {What} '{PrintableText.Of(text)}' on this host. Give a name or a number.");
    }

    /// <summary>The number of an account; null where the host does not know it.</summary>
    // 2³²-1 is chown's word for "leave it".
    internal uint? Resolve(string? text) => text is null ? null
        : Find(text)
            ?? (uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number
                != uint.MaxValue ? number : null);

    private protected abstract string What { get; }

    private protected abstract uint? Find(string name);
}

/// <summary>The name or number of a user as the number.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class UserIdAttribute : AccountIdAttribute
{
    private protected override string What => "user";

    private protected override uint? Find(string name) => AccountNames.FindUser(name);
}

/// <summary>The name or number of a group as the number.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class GroupIdAttribute : AccountIdAttribute
{
    private protected override string What => "group";

    private protected override uint? Find(string name) => AccountNames.FindGroup(name);
}
