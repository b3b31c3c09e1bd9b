using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Xunit;

namespace PSSharedMemory.UnitTests.Layouts;

/// <summary>.NET types as layouts: what the runtime itself says of them is the witness.</summary>
public sealed unsafe class ClrTypeTests
{
#pragma warning disable CS0649, IDE0044, IDE0051, CA1823
    private enum Level : short
    {
        Low = -1,
        High = 7,
    }

    private struct Plain
    {
        public byte A;
        public bool B;
        public char C;
        public Level D;
        public double E;
        public nint F;
        public Inner G;
        public fixed int H[3];
        public Int128 I;
    }

    private struct Inner
    {
        public short X;
        public int Y;
    }

    [StructLayout(LayoutKind.Sequential, Pack = 2, Size = 40)]
    private struct PackedStruct
    {
        public byte A;
        public long B;
        public int C;
    }

    [StructLayout(LayoutKind.Explicit)]
    private struct Explicit
    {
        [FieldOffset(0)]
        public int A;
        [FieldOffset(2)]
        public float B;
        [FieldOffset(16)]
        public byte C;
    }

    [StructLayout(LayoutKind.Sequential)]
    private sealed class Marshalled
    {
        public int A;
        [MarshalAs(UnmanagedType.ByValTStr, SizeConst = 12)]
        public string? B;
        [MarshalAs(UnmanagedType.ByValArray, SizeConst = 3)]
        public short[]? C;
        [MarshalAs(UnmanagedType.Bool)]
        public bool D;
    }

    private sealed class Endless
    {
        public Endless? Next { get; set; }
    }

    private sealed class Unbounded
    {
        public int[]? Items { get; set; }
    }
#pragma warning restore CS0649, IDE0044, IDE0051, CA1823

    [Fact]
    public void AStructHasTheOffsetsThatTheRuntimeGivesIt()
    {
        Plain value = default;
        var start = (byte*)&value;
        long[] expected = [&value.A
            - start, (byte*)&value.B - start, (byte*)&value.C - start, (byte*)&value.D - start, (byte*)&value.E - start,
            (byte*)&value.F - start, (byte*)&value.G - start, (byte*)value.H - start, (byte*)&value.I - start];
        var type = ShmType.FromType(typeof(Plain));
        Assert.Equal(expected, type.Fields.Select(field => field.Offset));
        Assert.Equal(sizeof(Plain), type.Size);
    }

    [Fact]
    public void PackSizeAndExplicitOffsetsCount()
    {
        Assert.Equal(Unsafe.SizeOf<PackedStruct>(), ShmType.FromType(typeof(PackedStruct)).Size);
        Assert.Equal([0L, 2, 10], ShmType.FromType(typeof(PackedStruct)).Fields.Select(field => field.Offset));
        Assert.Equal(Unsafe.SizeOf<Explicit>(), ShmType.FromType(typeof(Explicit)).Size);
        Assert.Equal([0L, 2, 16], ShmType.FromType(typeof(Explicit)).Fields.Select(field => field.Offset));
    }

    [Fact]
    public void MarshalAsGivesLengths()
    {
        var type = ShmType.FromType(typeof(Marshalled));
        Assert.Equal(Marshal.SizeOf<Marshalled>(), type.Size);
        foreach (var field in type.Fields)
        {
            Assert.Equal(Marshal.OffsetOf<Marshalled>(field.Name), (nint)field.Offset);
        }
    }

    [Fact]
    public void WhatTheRuntimeWroteIsRead()
    {
        var value =
            new Plain
            {
                A =
                1,
                B = true,
                C = 'x',
                D = Level.Low,
                E = 2.5,
                F = 0x1234,
                G = new Inner { X = -3, Y = 9 },
                I = -1
            };
        value.H[2] = 77;
        var record = (ShmRecord)new ShmTypeReader(ShmType.FromType(typeof(Plain))).Read(new ReadOnlySpan<byte>(
            &value, sizeof(Plain)));
        Assert.Equal((byte)1, record["A"]);
        Assert.Equal(true, record["B"]);
        Assert.Equal('x', record["C"]);
        Assert.Equal(Level.Low, record["D"]);
        Assert.Equal(new ShmAddress(0x1234), record["F"]);
        Assert.Equal(9, ((ShmRecord)record["G"]!)["Y"]);
        Assert.Equal(new[] { 0, 0, 77 }, record["H"]);
        Assert.Equal(System.Numerics.BigInteger.MinusOne, record["I"]);
    }

    [Theory]
    [InlineData(typeof(Endless))]
    [InlineData(typeof(Unbounded))]
    [InlineData(typeof(string))]
    [InlineData(typeof(DateTime))]
    [InlineData(typeof(List<int>))]
    [InlineData(typeof(Action))]
    [InlineData(typeof(object))]
    [InlineData(typeof(IDisposable))]
    [InlineData(typeof(int[,]))]
    public void WhatHasNoLayoutIsAnInvalidDefinition(Type type) =>
        Assert.Equal(
            ShmErrorId.InvalidDefinition, Assert.Throws<ShmDefinitionException>(() => ShmType.FromType(type)).ErrorId);
}
