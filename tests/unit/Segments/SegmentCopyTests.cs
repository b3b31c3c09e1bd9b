using System;
using System.IO;
using System.Reflection;
using System.Runtime.CompilerServices;
using Xunit;

namespace PSSharedMemory.UnitTests.Segments;

public class SegmentCopyTests
{
    private const BindingFlags Fields = BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public;

    /// <summary>A property that a copy forgets would be null in what some listings show.</summary>
    [Theory]
    [InlineData(typeof(ShmSegment))]
    [InlineData(typeof(ShmStat))]
    public void A_copy_has_all_that_the_original_has(Type type)
    {
        var original = RuntimeHelpers.GetUninitializedObject(type);
        var fields = AllFields(type);
        foreach (var field in fields)
        {
            field.SetValue(original, Something(field.FieldType));
        }

        var copy = type.GetConstructor(Fields, [type])!.Invoke([original]);

        foreach (var field in fields)
        {
            Assert.Equal((field.Name, field.GetValue(original)), (field.Name, field.GetValue(copy)));
        }
    }

    [Fact]
    public void A_segment_equals_what_else_is_known_of_it_both_ways()
    {
        var segment = new ShmSegment { Kind = ShmKind.Posix, Name = "/a", Device = 1, Inode = 2, Size = 3 };
        var stat = Stat(new ShmSegment(segment) { Size = 4 });
        var other = Stat(new ShmSegment(segment) { Inode = 5 });

        Assert.True(segment.Equals(stat) && stat.Equals(segment) && segment == stat && stat == segment);
        Assert.Equal(segment.GetHashCode(), stat.GetHashCode());
        Assert.False(segment.Equals(other) || other.Equals(segment) || segment == other || !(other != segment));
        Assert.False(segment.Equals("/a") || segment.Equals((object?)null));
    }

    private static ShmStat Stat(ShmSegment segment) =>
        new(segment, [], new HolderFinding(null, ShmVerdict.Unknown, []));

    private static FieldInfo[] AllFields(Type type) => type == typeof(object)
        ? []
        : [.. type.GetFields(Fields | BindingFlags.DeclaredOnly), .. AllFields(type.BaseType!)];

    private static object Something(Type type)
    {
        var plain = Nullable.GetUnderlyingType(type) ?? type;
        return plain == typeof(string) ? "text"
            : plain == typeof(bool) ? true
            : plain.IsEnum ? Enum.ToObject(plain, 1)
            : plain == typeof(DateTime) ? new DateTime(1)
            : plain == typeof(UnixFileMode) ? UnixFileMode.UserRead
            : plain.IsPrimitive ? Convert.ChangeType(1, plain, null)
            : plain.IsArray ? Array.CreateInstance(plain.GetElementType()!, 1)
            : plain.IsGenericType ? Array.CreateInstance(plain.GenericTypeArguments[0], 1)
            : RuntimeHelpers.GetUninitializedObject(plain);
    }
}
