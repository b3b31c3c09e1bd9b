using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Text;
using Xunit;

namespace PSSharedMemory.UnitTests.Layouts;

/// <summary>Asks gcc for the layout of types: the witness for every number of this module.</summary>
internal static class CCompiler
{
    public const string Headers = """
        #define _GNU_SOURCE
        #include <stddef.h>
        #include <stdint.h>
        #include <stdbool.h>
        #include <stdio.h>
        #include <string.h>
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

        """;

    /// <summary>Compiles the declarations and compares sizes, alignments, offsets and bit positions of the named types.</summary>
    public static void AssertSameLayout(string declarations, params string[] types)
    {
        if (!IsPresent())
            Assert.Skip("gcc is not on this machine.");
        var expected = new List<string>();
        var program = new StringBuilder(Headers).Append(declarations).Append("""

            static void bits(const char *name, const unsigned char *p, size_t n) {
                long first = -1, count = 0;
                for (size_t i = 0; i < n * 8; i++)
                    if (p[i / 8] >> (i % 8) & 1) { if (first < 0) first = i; count++; }
                printf("%s bit %ld width %ld\n", name, first, count);
            }
            int main(void) {

            """);
        foreach (string name in types)
        {
            ShmType type = ShmType.Parse(declarations, name[(name.IndexOf(' ', StringComparison.Ordinal) + 1)..]);
            program.AppendLine(CultureInfo.InvariantCulture, $"printf(\"{name} %zu %zu\\n\", sizeof({name}), (size_t)_Alignof({name}));");
            expected.Add(string.Create(CultureInfo.InvariantCulture, $"{name} {type.Size} {type.Alignment}"));
            if (type.IsRecord)
                AddFields(program, expected, name, type);
        }

        program.AppendLine("return 0; }");
        string[] seen = Run(program.ToString()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(expected, seen);
    }

    private static void AddFields(StringBuilder program, List<string> expected, string name, ShmType type)
    {
        foreach (ShmField field in type.Fields)
        {
            string path = $"{name}.{field.Name}";
            if (field.BitWidth is int width)
            {
                string value = field.Type.Kind == ShmTypeKind.Boolean ? "1" : $"({Unnamed(field)})-1";
                program.AppendLine(CultureInfo.InvariantCulture, $"{{ static {name} v; memset(&v, 0, sizeof v); v.{field.Name} = {value}; bits(\"{path}\", (unsigned char *)&v, sizeof v); }}");
                expected.Add(string.Create(CultureInfo.InvariantCulture, $"{path} bit {(field.Offset * 8) + field.BitOffset} width {width}"));
                continue;
            }

            string size = field.Type.IsFlexible ? "(size_t)0" : $"sizeof((({name} *)0)->{field.Name})";
            program.AppendLine(CultureInfo.InvariantCulture, $"printf(\"{path} %zu %zu\\n\", offsetof({name}, {field.Name}), {size});");
            expected.Add(string.Create(CultureInfo.InvariantCulture, $"{path} {field.Offset} {field.Size}"));
        }
    }

    private static string Unnamed(ShmField field) => field.Type.Size == 16 ? "__int128" : "long long";

    public static bool IsPresent()
    {
        foreach (string folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'))
        {
            if (File.Exists(Path.Combine(folder, "gcc")))
                return true;
        }

        return false;
    }

    /// <summary>Compiles and runs a program; returns what it prints.</summary>
    public static string Run(string program)
    {
        string folder = Directory.CreateTempSubdirectory("pst-layouts-").FullName;
        try
        {
            string source = Path.Combine(folder, "a.c");
            string binary = Path.Combine(folder, "a.out");
            File.WriteAllText(source, program);
            Start("gcc", "-std=gnu17", "-w", "-O0", "-o", binary, source);
            return Start(binary);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Start(string file, params string[] arguments)
    {
        var start = new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        System.Threading.Tasks.Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{file}: {errors.Result}");
        return output;
    }
}
