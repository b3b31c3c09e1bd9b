using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using PSSharedMemory.CDeclarations;
using Xunit;

namespace PSSharedMemory.UnitTests.CDeclarations;

/// <summary>
/// Every struct and union of the kernel's headers on this machine that gcc can lay out, each read from the text of its
/// header alone, once for all of them, as 'Get-Content header.h | New-ShmType -Name tag' does: the numbers are gcc's,
/// or there is an error.
/// </summary>
public sealed partial class KernelHeaderTests(ITestOutputHelper output)
{
    private static readonly string[] Roots =
        ["linux", "asm-generic", "mtd", "rdma", "scsi", "sound", "video", "misc", "xen", "drm"];

    /// <summary>A header, the tags that gcc found in it, and gcc's numbers for what this module read.</summary>
    private sealed record Header(string Path, string Include)
    {
        public List<string> Tags { get; set; } = [];
    }

    [Fact]
    public void Structs_of_the_kernel_are_as_gcc_has_them()
    {
        var headers = Headers();
        if (headers.Count == 0 || !IsOnPath("gcc"))
        {
            Assert.Skip("gcc or the kernel's headers are not on this machine.");
        }

        var clock = Stopwatch.StartNew();
        var agreed = 0;
        var refused = new ConcurrentBag<string>();
        var wrong = new ConcurrentBag<string>();
        var folder = Directory.CreateTempSubdirectory("pst-headers-").FullName;
        try
        {
            var parallel = new ParallelOptions { MaxDegreeOfParallelism = Math.Min(4, Environment.ProcessorCount) };
            Parallel.ForEach(headers, parallel, header =>
            {
                var text = File.ReadAllText(header.Path);
                header.Tags = TagsOf(text);
                var read = new Dictionary<string, ShmType>(StringComparer.Ordinal);
                var errors = new Dictionary<string, string>(StringComparer.Ordinal);
                var declarations = header.Tags.Count == 0 ? null : DeclarationParser.Parse(
                    text, Abi.For(null), isLenient: true, TestContext.Current.CancellationToken);
                foreach (var tag in header.Tags)
                {
                    try
                    {
                        read[tag] = declarations!.Pick(tag[(tag.IndexOf(' ', StringComparison.Ordinal) + 1)..]);
                    }
                    catch (ShmDefinitionException error)
                    {
                        errors[tag] = error.Message;
                    }
                }

                foreach ((var tag, var answer) in Ask(header, read, folder))
                {
                    if (errors.TryGetValue(tag, out var reason))
                    {
                        refused.Add($"{header.Include} {tag}: {reason}");
                    }
                    else if (answer.SequenceEqual(Numbers(read[tag])))
                    {
                        System.Threading.Interlocked.Increment(ref agreed);
                    }
                    else
                    {
                        wrong.Add(
                            $"{header.Include} {tag}: gcc {string.Join(' ', answer)}, here "
                                + $"{string.Join(' ', Numbers(read[tag]))}");
                    }
                }
            });
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        var total = agreed + refused.Count + wrong.Count;
        output.WriteLine(
            $"{headers.Count} headers, {total} structs and unions in {clock.Elapsed.TotalSeconds:F1} s: {agreed} "
                + $"agree, {refused.Count} refused, {wrong.Count} wrong");
        foreach (var line in refused.Order(StringComparer.Ordinal))
        {
            output.WriteLine(line);
        }

        Assert.True(wrong.IsEmpty, string.Join('\n', wrong));
        Assert.True(total > 300, $"only {total} structs were found");
        Assert.True(agreed >= total * 0.9, $"{agreed} of {total} agree");
    }

    private static List<Header> Headers()
    {
        var headers = new List<Header>();
        foreach (var root in Roots.Where(static root => Directory.Exists($"/usr/include/{root}")))
        {
            headers.AddRange(Directory.EnumerateFiles($"/usr/include/{root}", "*.h", SearchOption.AllDirectories)
                .Select(static path => new Header(path, path["/usr/include/".Length..])));
        }

        foreach (var folder in Directory.EnumerateDirectories("/usr/include", "*-linux-gnu")
            .Where(static folder => Directory.Exists(folder + "/asm")))
        {
            headers.AddRange(Directory.EnumerateFiles(folder + "/asm", "*.h")
                .Select(path => new Header(path, path[(folder.Length + 1)..])));
        }

        return headers;
    }

    /// <summary>All that its text seems to define; gcc says below what of that there is.</summary>
    private static List<string> TagsOf(string text) => [.. Tag().Matches(text)
        .Select(static match => $"{match.Groups[1].Value} {match.Groups[2].Value}").Distinct(StringComparer.Ordinal)];

    /// <summary>Size, alignment, and offset and size of every field that has them.</summary>
    private static long[] Numbers(ShmType type)
    {
        List<long> numbers = [type.Size, type.Alignment];
        foreach (var field in type.Fields.Where(static field => field.BitWidth is null))
        {
            numbers.Add(field.Offset);
            if (!field.Type.IsFlexible && field.Size > 0)
            {
                numbers.Add(field.Size);
            }
        }

        return [.. numbers];
    }

    /// <summary>gcc's numbers; what gcc cannot lay out is left out.</summary>
    private static IEnumerable<(string Tag, long[] Numbers)> Ask(
        Header header, Dictionary<string, ShmType> read, string folder)
    {
        var tags = header.Tags;
        for (var attempt = 0; attempt < 3 && tags.Count > 0; attempt++)
        {
            // One line a tag: an error names the one that gcc cannot lay out. 1 is added since gcc writes zeros
            // shortly.
            var questions = new StringBuilder();
            foreach (var (tag, index) in tags.Select(static (tag, index) => (tag, index)))
            {
                questions.Append(
                    CultureInfo.InvariantCulture,
                    $"const long answer_{index}[] = {{ sizeof({tag}) + 1, _Alignof({tag}) + 1");
                foreach (var field in read.TryGetValue(tag, out var type)
                    ? type.Fields.Where(static field => field.BitWidth is null)
                    : [])
                {
                    questions.Append(CultureInfo.InvariantCulture, $", __builtin_offsetof({tag}, {field.Name}) + 1");
                    if (!field.Type.IsFlexible && field.Size > 0)
                    {
                        questions.Append(CultureInfo.InvariantCulture, $", sizeof((({tag} *)0)->{field.Name}) + 1");
                    }
                }

                questions.Append(" };\n");
            }

            var source = Source(header, folder, questions.ToString());
            (var errors, var assembly) = Run("gcc", "-S", "-w", "-fmax-errors=0", "-o", "-", source);
            var bad = BadLine().Matches(errors).Where(match => match.Groups[1].Value == source)
                .Select(static match => int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture) - Lines - 1)
                .ToHashSet();
            if (bad.Count == 0)
            {
                return assembly.Length == 0 ? [] : Answers(assembly, tags);
            }

            tags = [.. tags.Where((_, index) => !bad.Contains(index))];
        }

        return [];
    }

    private static IEnumerable<(string Tag, long[] Numbers)> Answers(string assembly, List<string> tags)
    {
        var answers = new Dictionary<int, List<long>>();
        List<long>? current = null;
        foreach (var line in assembly.Split('\n'))
        {
            if (line.StartsWith("answer_", StringComparison.Ordinal))
            {
                current =
                    answers[int.Parse(
                        line["answer_".Length..line.IndexOf(':', StringComparison.Ordinal)],
                        CultureInfo.InvariantCulture)] =
                        [];
            }
            else if (current is not null && Quad().Match(line) is { Success: true } quad)
            {
                current.Add(long.Parse(quad.Groups[1].Value, CultureInfo.InvariantCulture) - 1);
            }
        }

        return answers.Select(answer => (tags[answer.Key], answer.Value.ToArray()));
    }

    private const int Lines = 3;

    private static string Source(Header header, string folder, string questions)
    {
        var path = Path.Combine(folder, header.Include.Replace('/', '_') + ".c");
        File.WriteAllText(
            path, $"#include <stddef.h>\n#include <sys/types.h>\n#include <{header.Include}>\n{questions}");
        return path;
    }

    private static (string Errors, string Output) Run(string file, params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(file, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (errors.Result, text);
    }

    private static bool IsOnPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));

    [GeneratedRegex(@"\b(struct|union)\s+(?:__attribute__\s*\(\(.*?\)\)\s*)?(\w+)\s*\{")]
    private static partial Regex Tag();

    [GeneratedRegex(@"^(.*?):(\d+):\d+: error:", RegexOptions.Multiline)]
    private static partial Regex BadLine();

    [GeneratedRegex(@"^\s+\.(?:quad|xword)\s+(-?\d+)$")]
    private static partial Regex Quad();
}
