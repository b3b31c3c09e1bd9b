using System.Management.Automation;
using System.Text;

namespace PSSharedMemory.Commands;

/// <summary>Reads typed data.</summary>
[Cmdlet(VerbsCommunications.Read, "ShmData", DefaultParameterSetName = ParameterSets.Name)]
[OutputType(typeof(byte[]), typeof(sbyte), typeof(short), typeof(ushort), typeof(int), typeof(uint), typeof(long), typeof(ulong), typeof(float), typeof(double), typeof(string), typeof(PSObject))]
public sealed class ReadShmDataCommand : MappingTargetCmdlet
{
    [Parameter]
    public long Offset { get; set; }

    [Parameter]
    public long? Count { get; set; }

    [Parameter(Position = 1)]
    [ArgumentCompleter(typeof(DataTypeCompleter))]
    public TypeArgument? As { get; set; }

    [Parameter]
    [ArgumentCompleter(typeof(FieldPathCompleter))]
    public string? Field { get; set; }

    [Parameter]
    [ArgumentCompleter(typeof(EncodingCompleter))]
    public EncodingArgument? Encoding { get; set; }

    [Parameter]
    public ShmByteOrder ByteOrder { get; set; }

    private protected override string[] OwnPositions => [nameof(As)];

    private protected override ShmProtection Need => ShmProtection.Read;

    private Encoding TextEncoding => Encoding?.Value ?? System.Text.Encoding.UTF8;

    private protected override void Serve(ShmMapping mapping) => WriteObject(Read(mapping), enumerateCollection: false);

    private object Read(ShmMapping mapping)
    {
        if (As?.Layout is { } layout)
        {
            return TypedData.Read(mapping, layout, Offset, Field, Count, Encoding?.Value, ByteOrder);
        }

        TypedData.RefuseField(Field);
        if (As is { IsCString: true })
        {
            return Count is { } room
                ? mapping.Reader.ReadCString(Offset, CheckedCount(mapping, room), TextEncoding)
                : mapping.Reader.ReadCString(Offset, TextEncoding);
        }

        if (As is { IsString: true })
        {
            return mapping.Reader.ReadString(Offset, CheckedCount(mapping, Count ?? mapping.Length - Offset), TextEncoding);
        }

        var scalar = As?.Scalar ?? ShmScalar.Byte;
        if (Count is null && scalar != ShmScalar.Byte)
        {
            return ShmScalars.ReadArray(mapping.Reader, scalar, Offset, 1, ByteOrder).GetValue(0)!;
        }

        return ShmScalars.ReadArray(mapping.Reader, scalar, Offset, CheckedCount(mapping, Count ?? mapping.Length - Offset), ByteOrder);
    }

    private static int CheckedCount(ShmMapping mapping, long count) => count is >= 0 and <= int.MaxValue ? (int)count : throw new ShmException(
        ShmErrorId.OutOfRange,
        count < 0
            ? $"Cannot read {count} values of {mapping}: the range is not within its {mapping.Length} bytes."
            : $"Cannot read {count} values of {mapping} at once: an array has at most {int.MaxValue}. Read it in pieces with -Offset and -Count.",
        mapping);
}
