using System.Globalization;
using System.Linq;
using PSSharedMemory.Commands;
using Xunit;

namespace PSSharedMemory.UnitTests.Display;

public class WordWrapTests
{
    [Theory]
    [InlineData("one two three", 8, "one two\nthree")]
    [InlineData("one\ntwo three", 20, "one\ntwo three")]
    [InlineData("a /name-that-is-long b", 8, "a\n/name-that-is-long\nb")]
    [InlineData("日本 語 の名 前", 8, "日本 語\nの名 前")]
    [InlineData("/日本語の名前", 6, "/日本語の名前")]
    public void Breaks_at_blanks_by_columns(string text, int width, string expected) =>
        Assert.Equal(expected, WordWrap.Of(text, width));

    [Theory]
    [InlineData("/emoji👩👩👧👦👩👩👧👦", 8)]
    [InlineData("ab /emoji👩👩👧👦👩👩👧👦 cd", 9)]
    [InlineData("/e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301", 5)]
    [InlineData("𝒜𝒜𝒜𝒜", 3)]
    public void Keeps_together_what_is_one_character(string text, int width)
    {
        var lines = WordWrap.Of(text, width).Split('\n');
        Assert.True(lines.Length > 1);
        Assert.Equal(text.Replace(" ", ""), string.Concat(lines).Replace(" ", ""));
        Assert.All(lines, line => Assert.InRange(line.Length, 1, width));
        Assert.Equal(
            StringInfo.ParseCombiningCharacters(text.Replace(" ", "")).Length,
            lines.Sum(static line => StringInfo.ParseCombiningCharacters(line.Replace(" ", "")).Length));
        Assert.All(lines, static line => Assert.False(char.IsLowSurrogate(line[0]) || line[0] == '\u0301'));
    }
}
