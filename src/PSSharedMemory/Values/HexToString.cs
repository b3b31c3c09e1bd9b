using System;
using System.Collections.ObjectModel;
using System.Globalization;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// The ToString of one number that people know in hexadecimal. It has an overload with a format, so that the engine
/// asks it for '{0:x}' too.
/// </summary>
internal sealed class HexToString : PSMethodInfo
{
    private readonly IFormattable _number;
    private readonly string _digits;

    /// <param name="number">An integer.</param>
    /// <param name="digits">How it is shown behind 0x, where no other format is asked for.</param>
    public HexToString(IFormattable number, string digits)
    {
        (_number, _digits) = (number, digits);
        SetMemberName(nameof(ToString));
    }

    /// <inheritdoc/>
    public override Collection<string> OverloadDefinitions =>
        ["string ToString()", "string ToString(string format, IFormatProvider provider)"];

    /// <inheritdoc/>
    public override PSMemberTypes MemberType => PSMemberTypes.CodeMethod;

    /// <inheritdoc/>
    public override string TypeNameOfValue => typeof(string).FullName!;

    /// <inheritdoc/>
    public override PSMemberInfo Copy() => new HexToString(_number, _digits);

    /// <inheritdoc/>
    public override object Invoke(params object[] arguments) => arguments is [string { Length: > 0 } format, ..]
        ? _number.ToString(format, arguments.Length > 1 ? arguments[1] as IFormatProvider : CultureInfo.CurrentCulture)
        : "0x" + _number.ToString(_digits, CultureInfo.InvariantCulture);
}
