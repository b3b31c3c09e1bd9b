using System;
using System.Globalization;
using System.Management.Automation;
using System.Text;

namespace PSSharedMemory.Commands;

/// <summary>Takes an encoding by a name, by its code page, or as it is.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class TextEncodingAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        EncodingArgument.Read(inputData);
}

/// <summary>
/// An encoding by the names that PowerShell's own cmdlets use, by any name or code page that .NET knows, or as an
/// object. None of them writes a byte order mark into memory.
/// </summary>
internal static class EncodingArgument
{
    /// <summary>The encoding that a name, a code page or an encoding means.</summary>
    /// <exception cref="ArgumentTransformationMetadataException">It is none; the binder's id stays.</exception>
    public static Encoding Read(object input) => PlainObject.Of(input) switch
    {
        Encoding encoding => encoding,
        int codePage => FromNet(codePage.ToString(CultureInfo.InvariantCulture), () => Encoding.GetEncoding(codePage)),
        string name => FromName(name),
        var other => throw Unknown($"{other}"),
    };

    private static Encoding FromName(string name) => name.ToUpperInvariant() switch
    {
        "UTF8" or "UTF8NOBOM" or "UTF8BOM" or "DEFAULT" or "OEM" => Encoding.UTF8,
        "ASCII" => Encoding.ASCII,
        "UNICODE" or "UTF16" or "UTF16LE" => Encoding.Unicode,
        "BIGENDIANUNICODE" or "UTF16BE" => Encoding.BigEndianUnicode,
        "UTF32" => Encoding.UTF32,
        "BIGENDIANUTF32" => new UTF32Encoding(bigEndian: true, byteOrderMark: false),
        "LATIN1" or "ANSI" => Encoding.Latin1,
        _ => FromNet(name, () => Encoding.GetEncoding(name)),
    };

    private static Encoding FromNet(string name, Func<Encoding> get)
    {
        try
        {
            return get();
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            throw Unknown(name);
        }
    }

    private static ArgumentTransformationMetadataException Unknown(string name) => new(
        $"'{name}' isn't an encoding. Use utf8, ascii, latin1, unicode, bigendianunicode, utf32, or a name that .NET "
            + "knows.");
}
