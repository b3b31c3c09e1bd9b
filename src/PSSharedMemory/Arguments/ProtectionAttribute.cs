using System;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// Takes a protection as the views show it, too: 'rw-', 'r--', 'rx'. Everything else is taken as the enumeration is.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ProtectionAttribute : ArgumentTransformationAttribute
{
    private static readonly ChoiceAttribute Choice = new(typeof(ShmProtection));

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        Choice.Transform(engineIntrinsics, PlainObject.Of(inputData) switch
        {
            string { Length: 1 or 2 or 3 } letters when Parse(letters) is { } protection => protection,
            "ReadWrite" => ShmProtection.Read | ShmProtection.Write,
            "ReadOnly" => ShmProtection.Read,
            _ => inputData,
        });

    private static ShmProtection? Parse(string letters)
    {
        var protection = ShmProtection.None;
        foreach (var letter in letters)
        {
            if (letter == '-')
            {
                continue;
            }

            var flag = char.ToLowerInvariant(letter) switch
            {
                'r' => ShmProtection.Read,
                'w' => ShmProtection.Write,
                'x' => ShmProtection.Execute,
                _ => ShmProtection.None,
            };
            if (flag == ShmProtection.None || protection.HasFlag(flag))
            {
                return null;
            }

            protection |= flag;
        }

        return protection;
    }
}
