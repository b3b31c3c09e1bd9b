using System;
using System.Globalization;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// A System V key as users write it: an integer, or '0x…'. What is none is kept, so that the cmdlet says InvalidKey
/// and not the parameter binder.
/// </summary>
public sealed class KeyArgument
{
    private readonly int? _value;

    /// <summary>Takes whatever was given.</summary>
    public KeyArgument(object input)
    {
        Input = (input as PSObject)?.BaseObject ?? input;
        _value = Input switch
        {
            int number => number,
            uint number => unchecked((int)number),
            long number and >= int.MinValue and <= uint.MaxValue => unchecked((int)number),
            byte or sbyte or short or ushort => Convert.ToInt32(Input, CultureInfo.InvariantCulture),
            string text when SysVKey.TryParse(text, out var key) => key,
            _ => null,
        };
    }

    /// <summary>What was given.</summary>
    public object Input { get; }

    /// <summary>The key.</summary>
    /// <exception cref="ShmException">InvalidKey.</exception>
    public int Value => _value ?? throw new ShmException(
        ShmErrorId.InvalidKey, $"'{Input}' isn't a key. Use a 32-bit integer, such as 4660 or '0x1234'.", Input);

    /// <summary>As given.</summary>
    public override string ToString() => _value is { } key ? SysVKey.ToText(key) : $"{Input}";
}
