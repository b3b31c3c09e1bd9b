using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Numerics;
using System.Text;
using Xunit;

namespace PSSharedMemory.UnitTests.CDeclarations;

/// <summary>
/// Structs made from a seed, whose members a C program assigns by their names: here the same values are read from its
/// bytes, and the same bytes are written for the values, padding and all.
/// </summary>
public sealed class CompilerRoundTripTests
{
    private const byte Untouched = 0xa5;
    private const int BatchSize = 120;

    // A longer run, by hand: PSSHM_STRUCTS=2000.
    private static readonly int Count = int.Parse(
        Environment.GetEnvironmentVariable("PSSHM_STRUCTS") ?? $"{BatchSize}", CultureInfo.InvariantCulture);

    [Fact]
    public void MembersAreReadAndWrittenAsGccDoes()
    {
        var failures = new List<string>();
        for (var first = 0; first < Count; first += BatchSize)
        {
            Batch(1000 + first, Math.Min(BatchSize, Count - first), failures);
        }

        Assert.True(failures.Count == 0, $"{failures.Count} differ:\n{string.Join('\n', failures.Take(20))}");
    }

    private static void Batch(int seed, int count, List<string> failures)
    {
        var generator = new StructGenerator(seed);
        var text = generator.Make(count);
        var known = ShmType.TypesIn(text).ToDictionary(static type => type.Name, StringComparer.Ordinal);
        var values = new GeneratedValues(seed);
        var cases = generator.Types
            .Select(name => (Type: known[name[(name.IndexOf(' ', StringComparison.Ordinal) + 1)..]], Name: name))
            .Select(item => (item.Type, item.Name, Values: values.For(item.Type))).ToList();

        var written = CCompiler.Run(Program(text, cases));
        var position = 0;
        foreach (var (type, name, expected) in cases)
        {
            var wide = expected.Where(static value => value.Read is null).ToList();
            var length = BitConverter.ToInt32(written, position);
            var bytes = written.AsSpan(position + sizeof(int), length);
            position += sizeof(int) + length;
            var nearest = wide.Select((value, i) => (value.Path, BitConverter.ToDouble(written, position + (i * 8))))
                .ToDictionary(static pair => pair.Path, static pair => pair.Item2, StringComparer.Ordinal);
            position += wide.Count * sizeof(double);
            if (length != type.Size)
            {
                failures.Add($"seed {seed}, {name}: gcc has {length} bytes, here there are {type.Size}: "
                    + text.Split('\n').First(line => line.StartsWith(name + " {", StringComparison.Ordinal)));
                continue;
            }

            AssertRead(type, bytes, expected, nearest, failures, $"seed {seed}, {name}");
            AssertWritten(type, bytes, expected, failures, $"seed {seed}, {name}");
        }

        Assert.Equal(written.Length, position);
    }

    /// <summary>For each struct its size, its bytes, and what C makes of its wide reals when it casts them.</summary>
    private static string Program(string text, List<(ShmType Type, string Name, List<GeneratedValue> Values)> cases)
    {
        var program = new StringBuilder("#include <stdio.h>\n#include <string.h>\n").Append(text);
        foreach (var (_, name, values) in cases)
        {
            program.Append(
                CultureInfo.InvariantCulture,
                $"static void fill_{name[(name.LastIndexOf(' ') + 1)..]}(void)\n{{\n{name} v; int size = sizeof v; "
                    + $"memset(&v, {Untouched}, sizeof v);\n");
            foreach (var value in values)
            {
                program.AppendLine(value.Code);
            }

            program.AppendLine("fwrite(&size, sizeof size, 1, stdout); fwrite(&v, sizeof v, 1, stdout);");
            foreach (var value in values.Where(static value => value.Read is null))
            {
                program.AppendLine(
                    CultureInfo.InvariantCulture,
                    $"{{ double d = (double)v.{value.Path}; fwrite(&d, sizeof d, 1, stdout); }}");
            }

            program.AppendLine("}");
        }

        program.AppendLine("int main(void)\n{");
        foreach (var (_, name, _) in cases)
        {
            program.AppendLine(CultureInfo.InvariantCulture, $"fill_{name[(name.LastIndexOf(' ') + 1)..]}();");
        }

        return program.AppendLine("return 0;\n}").ToString();
    }

    private static void AssertRead(
        ShmType type, ReadOnlySpan<byte> bytes, List<GeneratedValue> expected, Dictionary<string, double> nearest,
        List<string> failures, string name)
    {
        var reader = new ShmTypeReader(type);
        var record = reader.Read(bytes);
        foreach (var value in expected)
        {
            var right = Plain(value.Read ?? nearest[value.Path]);
            var whole = Plain(Member(record, value.Path));
            var field = type.GetField(value.Path);
            var alone = Plain(reader.ReadField(field, bytes[(int)field.FirstByte..]));
            if (!right.Equals(whole) || !right.Equals(alone))
            {
                failures.Add($"{name}: {value.Code} reads as {whole}, alone as {alone}; expected {right}");
            }
        }
    }

    private static void AssertWritten(
        ShmType type, ReadOnlySpan<byte> bytes, List<GeneratedValue> expected, List<string> failures, string name)
    {
        var writer = new ShmTypeWriter(type);
        var together = Blank(type);
        writer.Encode(expected.ToDictionary(static value => value.Path, static value => value.Given)).ApplyTo(together);
        Compare(together, bytes, "together");

        var apart = Blank(type);
        foreach (var value in expected)
        {
            writer.EncodeField(value.Path, value.Given).ApplyTo(apart);
        }

        Compare(apart, bytes, "one by one");

        void Compare(byte[] mine, ReadOnlySpan<byte> theirs, string how)
        {
            var place = mine.AsSpan().CommonPrefixLength(theirs);
            if (place < mine.Length)
            {
                var here = type.Fields.LastOrDefault(field => field.FirstByte <= place);
                var code = expected.Where(value => value.Path.Split('.', '[')[0] == here?.Name)
                    .Select(static value => value.Code);
                failures.Add(
                    $"{name}: written {how}, byte {place} in {here} is {mine[place]:x2}, gcc's {theirs[place]:x2}: "
                        + string.Join(' ', code));
            }
        }
    }

    private static byte[] Blank(ShmType type)
    {
        var bytes = new byte[type.Size];
        Array.Fill(bytes, Untouched);
        return bytes;
    }

    private static object Member(object value, string path) => path.Split('.').Aggregate(value, static (parent, part) =>
    {
        var steps = part.Split('[');
        var member = ((ShmRecord)parent)[steps[0]]!;
        return steps.Skip(1).Aggregate(
            member, static (items, index) => ((IList)items)[int.Parse(index[..^1], CultureInfo.InvariantCulture)]!);
    });

    /// <summary>As values of one type are compared: numbers as whole ones, reals by their bits.</summary>
    private static object Plain(object value) => value switch
    {
        Enum named => new BigInteger(
            Type.GetTypeCode(named.GetType()) == TypeCode.UInt64
                ? Convert.ToDecimal(named, CultureInfo.InvariantCulture)
                : Convert.ToInt64(named, CultureInfo.InvariantCulture)),
        bool flag => (BigInteger)(flag ? 1 : 0),
        char character => (BigInteger)character,
        ShmAddress address => (BigInteger)address.Value,
        sbyte or short or int or long => (BigInteger)Convert.ToInt64(value, CultureInfo.InvariantCulture),
        byte or ushort or uint or ulong => (BigInteger)Convert.ToUInt64(value, CultureInfo.InvariantCulture),
        float real => $"float {BitConverter.SingleToInt32Bits(real):x}",
        double real => $"double {BitConverter.DoubleToInt64Bits(real):x}",
        _ => value,
    };
}
