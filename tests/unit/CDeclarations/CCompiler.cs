using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using Xunit;
using Cpu = System.Runtime.InteropServices.Architecture;

namespace PSSharedMemory.UnitTests.CDeclarations;

/// <summary>
/// Asks gcc for the layout of types: the witness for every number of this module. What it compiles for a layout isn't
/// run, so that a cross compiler is asked in the same way.
/// </summary>
internal static class CCompiler
{
    private const string Headers = """
        #define _GNU_SOURCE
        #include <stddef.h>
        #include <stdint.h>
        #include <stdbool.h>
        #include <limits.h>
        #include <uchar.h>
        #include <wchar.h>
        #include <time.h>
        #include <pthread.h>
        #include <semaphore.h>
        #include <stdatomic.h>
        #include <signal.h>
        #include <sys/types.h>
        #include <sys/socket.h>
        #include <sys/shm.h>
        #include <sys/time.h>
        #include <linux/types.h>

        typedef unsigned char BYTE;
        typedef unsigned short WORD;
        typedef unsigned DWORD;
        typedef int LONG, BOOL;
        typedef unsigned long long ULONGLONG;
        typedef char CHAR;
        typedef char16_t WCHAR;
        typedef void *HANDLE;
        typedef size_t SIZE_T;
        typedef char gchar;
        typedef int gboolean;
        typedef unsigned guint;
        typedef unsigned short guint16;
        typedef long gint64;
        typedef unsigned long gsize, guint64;
        typedef double gdouble;
        typedef void *gpointer;

        """;

    /// <summary>
    /// Compiles the declarations for an architecture and compares sizes, alignments, offsets, signs and bit positions
    /// of the named types. Skips the test where there is no compiler for it.
    /// </summary>
    public static void AssertSameLayout(Cpu architecture, string declarations, params string[] types)
    {
        var prefix = Prefix(architecture);
        if (!IsOnPath(prefix + "gcc"))
        {
            Assert.Skip($"{prefix}gcc is not on this machine: {architecture} has no compiler to agree with.");
        }

        var questions = new Questions();
        foreach (var name in types)
        {
            questions.Ask(
                name,
                ShmType.Parse(declarations, name[(name.IndexOf(' ', StringComparison.Ordinal) + 1)..], architecture));
        }

        var image = Compile(prefix, Headers + declarations + questions.Object);
        Assert.Equal(questions.Expected, questions.Answers(image));
    }

    /// <summary>Compiles a program for this host, behind all of the headers, and runs it.</summary>
    /// <returns>What it writes.</returns>
    public static byte[] Run(string program)
    {
        if (!IsOnPath("gcc"))
        {
            Assert.Skip("gcc is not on this machine.");
        }

        var folder = Directory.CreateTempSubdirectory("pst-layouts-").FullName;
        try
        {
            var source = Path.Combine(folder, "a.c");
            var compiled = Path.Combine(folder, "a.out");
            File.WriteAllText(source, Headers + program);
            Start("gcc", "-std=gnu17", "-w", "-O0", "-o", compiled, source);
            using var process = Process.Start(new ProcessStartInfo(compiled) { RedirectStandardOutput = true })!;
            using var written = new MemoryStream();
            process.StandardOutput.BaseStream.CopyTo(written);
            process.WaitForExit();
            Assert.Equal(0, process.ExitCode);
            return written.ToArray();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>
    /// What stands before the names of an architecture's tools: nothing where it is that of this machine.
    /// </summary>
    private static string Prefix(Cpu architecture) => architecture == RuntimeInformation.OSArchitecture
        ? ""
        : architecture == Cpu.Arm64 ? "aarch64-linux-gnu-" : "x86_64-linux-gnu-";

    private static bool IsOnPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));

    /// <summary>The bytes of the section ".answers" of a program.</summary>
    private static byte[] Compile(string prefix, string program)
    {
        var folder = Directory.CreateTempSubdirectory("pst-layouts-").FullName;
        try
        {
            var source = Path.Combine(folder, "a.c");
            var compiled = Path.Combine(folder, "a.o");
            var section = Path.Combine(folder, "a.bin");
            File.WriteAllText(source, program);
            Start(prefix + "gcc", "-std=gnu17", "-w", "-O0", "-c", "-o", compiled, source);
            Start(prefix + "objcopy", "-O", "binary", "--only-section=.answers", compiled, section);
            return File.ReadAllBytes(section);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Start(string file, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{file}: {errors}");
    }

    /// <summary>One constant object whose bytes are the answers: numbers, and values with one bit-field set.</summary>
    private sealed class Questions
    {
        private readonly StringBuilder _members = new();
        private readonly StringBuilder _values = new();
        private readonly List<(string Name, long Length)> _asked = [];

        /// <summary>What this module says.</summary>
        public List<string> Expected { get; } = [];

        public string Object =>
            $"\nconst struct __attribute__((packed)) {{\n{_members}}} answers __attribute__((section(\".answers\"))) = "
                + $"{{\n{_values}}};\n";

        public void Ask(string name, ShmType type)
        {
            AskNumber($"{name} size", $"sizeof({name})", type.Size);
            AskNumber($"{name} alignment", $"_Alignof({name})", type.Alignment);
            foreach (var field in type.Fields)
            {
                var path = $"{name}.{field.Name}";
                if (field.BitWidth is not null)
                {
                    AskBits(path, name, type, field);
                    continue;
                }

                AskNumber($"{path} offset", $"offsetof({name}, {field.Name})", field.Offset);
                if (!field.Type.IsFlexible)
                {
                    AskNumber($"{path} size", $"sizeof((({name} *)0)->{field.Name})", field.Size);
                }

                if (field.Type is
                    {
                        Kind: ShmTypeKind.Number or ShmTypeKind.Character or ShmTypeKind.Enumeration,
                        IsAtomic: false
                    })
                {
                    AskNumber(
                        $"{path} signed", $"(__typeof__((({name} *)0)->{field.Name}))-1 < 0",
                        IsSigned(field.Type) ? 1 : 0);
                }
            }
        }

        /// <summary>What the compiler says.</summary>
        public IEnumerable<string> Answers(byte[] image)
        {
            var position = 0;
            foreach ((var name, var length) in _asked)
            {
                var bytes = image[position..(position + (int)Math.Abs(length))];
                yield return length < 0
                    ? $"{name} {BinaryPrimitives.ReadInt64LittleEndian(bytes)}"
                    : $"{name} {Bits(bytes)}";
                position += bytes.Length;
            }

            Assert.Equal(image.Length, position);
        }

        private static bool IsSigned(ShmType type) => (type.ElementType ?? type).IsSigned;

        private void AskNumber(string name, string expression, long expected)
        {
            _members.AppendLine(CultureInfo.InvariantCulture, $"long a{_asked.Count};");
            _values.AppendLine(CultureInfo.InvariantCulture, $"{expression},");
            _asked.Add((name, -sizeof(long)));
            Expected.Add($"{name} {expected}");
        }

        private void AskBits(string name, string typeName, ShmType type, ShmField field)
        {
            var value = field.Type.Kind == ShmTypeKind.Boolean
                ? "1"
                : $"({(field.Type.Size == 16 ? "__int128" : "long long")})-1";
            _members.AppendLine(CultureInfo.InvariantCulture, $"{typeName} a{_asked.Count};");
            _values.AppendLine(CultureInfo.InvariantCulture, $"{{ .{field.Name} = {value} }},");
            _asked.Add((name, type.Size));
            var first = (field.Offset * 8) + field.BitOffset!.Value;
            Expected.Add($"{name} bits {first} to {first + field.BitWidth!.Value - 1}, {field.BitWidth} set");
        }

        private static string Bits(byte[] bytes)
        {
            var set = new List<int>();
            for (var bit = 0; bit < bytes.Length * 8; bit++)
            {
                if ((bytes[bit / 8] >> (bit % 8) & 1) != 0)
                {
                    set.Add(bit);
                }
            }

            return $"bits {set.First()} to {set.Last()}, {set.Count} set";
        }
    }
}
