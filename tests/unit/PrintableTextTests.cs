using Xunit;

namespace PSSharedMemory.UnitTests;

/// <summary>What a hostile name looks like on a terminal.</summary>
public class PrintableTextTests
{
    [Theory]
    [InlineData("/plain äöü 日本 😀", "/plain äöü 日本 😀")]
    [InlineData("/esc\u001b[31mred", "/esc\\x1b[31mred")]
    [InlineData("/two\nlines\t", "/two\\x0alines\\x09")]
    [InlineData("/left\u202egpj", "/left\\u202egpj")]
    [InlineData("/zero\u200bwidth\u2028", "/zero\\u200bwidth\\u2028")]
    [InlineData("/tag\U000E0041\U000E007F", "/tag\\U000e0041\\U000e007f")]
    [InlineData("", "")]
    public void Nothing_in_it_acts_on_the_terminal(string text, string shown) =>
        Assert.Equal(shown, PrintableText.Of(text));

    // An attribute cannot hold half a pair.
    [Fact]
    public void Bytes_that_are_no_UTF8_are_shown_as_such() =>
        Assert.Equal(("/raw\\xff", "/half\\ud800"), (PrintableText.Of("/raw\udcff"), PrintableText.Of("/half\ud800")));

    [Fact]
    public void A_message_keeps_its_lines_and_a_segment_is_called_so() =>
        Assert.Equal(
            ("a\n\tb\\x1b", "/a\\x0ab", "/e\\x1bx is gone"),
            (PrintableText.Of("a\n\tb\u001b", keepsLines: true),
                new ShmSegment { Kind = ShmKind.Posix, Name = "/a\nb" }.ToString(),
                new ShmException(ShmErrorId.SegmentNotFound, "/e\u001bx is gone").Message));
}
