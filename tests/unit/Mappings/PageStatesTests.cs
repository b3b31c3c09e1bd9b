using System;
using System.Collections.Generic;
using System.Linq;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace PSSharedMemory.UnitTests.Mappings;

/// <summary>The book of runs against the simplest book there is: one entry for each page.</summary>
public sealed class PageStatesTests
{
    private const int Page = 4096;

    private static readonly ShmProtection[] Protections =
        [ShmProtection.None, ShmProtection.Read, ShmProtection.Write, ShmProtection.Read | ShmProtection.Write];

    [Fact]
    public void A_new_book_has_one_run()
    {
        var book = new PageStates(5 * Page, ShmProtection.Read);
        Assert.Equal(
            new ShmRegion(0, 5 * Page, ShmRegionState.Mapped, ShmProtection.Read), Assert.Single(book.ToArray()));
        Assert.Equal(book.ToArray()[0], book.Single);
    }

    [Fact]
    public void Any_sequence_of_changes_leaves_what_the_model_has() => Prop.ForAll<(byte, byte, byte)[]>(steps =>
    {
        var book = new PageStates(20 * Page, ShmProtection.Read | ShmProtection.Write);
        var model = Enumerable.Repeat((ShmRegionState.Mapped, ShmProtection.Read | ShmProtection.Write), 20).ToList();
        var isKnown = true;
        foreach (var (where, length, what) in steps)
        {
            Step(book, model, where, length, what);
            isKnown &= QuickAnswersAgree(book, model);
        }

        return isKnown && Pages(book).SequenceEqual(model) && IsInOrder(book) && AnswersAgree(book, model);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void Runs_that_become_alike_are_one_again()
    {
        var book = new PageStates(3 * Page, ShmProtection.Read);
        Set(book, Page, Page, ShmRegionState.Mapped, ShmProtection.None);
        Assert.Equal(3, book.ToArray().Length);
        Set(book, Page, Page, ShmRegionState.Mapped, ShmProtection.Read);
        Assert.Single(book.ToArray());
    }

    [Fact]
    public void A_hole_is_no_page_without_access()
    {
        var book = new PageStates(2 * Page, ShmProtection.None);
        Set(book, 0, Page, ShmRegionState.Hole, ShmProtection.None);
        Assert.Equal([ShmRegionState.Hole, ShmRegionState.Mapped], book.ToArray().Select(static run => run.State));
        Assert.Null(book.FindHole(Page, Page));
        Assert.NotNull(book.FindHole(0, 2 * Page));
        Assert.Null(book.Single);
    }

    private static void Step(
        PageStates book, List<(ShmRegionState, ShmProtection)> model, byte where, byte length, byte what)
    {
        var first = where % model.Count;
        var count = length % (model.Count - first + 1);
        var protection = Protections[what % Protections.Length];
        switch (what % 8)
        {
            case 7 when length > 0:
                var size = 1 + (length % 30);
                book.Resize((long)model.Count * Page, (long)size * Page, protection);
                while (model.Count > size)
                {
                    model.RemoveAt(model.Count - 1);
                }

                while (model.Count < size)
                {
                    model.Add((ShmRegionState.Mapped, protection));
                }

                break;
            case 6:
                Set(book, model, first, count, ShmRegionState.Hole, ShmProtection.None);
                break;
            case 5:
                Set(book, model, first, count, ShmRegionState.Lost, protection);
                break;
            default:
                Set(book, model, first, count, ShmRegionState.Mapped, protection);
                break;
        }
    }

    private static void Set(
        PageStates book, long offset, long length, ShmRegionState state, ShmProtection protection) =>
        book.Change(offset, length, region => region with { State = state, Protection = protection });

    private static void Set(
        PageStates book, List<(ShmRegionState, ShmProtection)> model, int first, int count, ShmRegionState state,
        ShmProtection protection)
    {
        Set(book, (long)first * Page, (long)count * Page, state, protection);
        for (var i = first; i < first + count; i++)
        {
            model[i] = (state, protection);
        }
    }

    private static IEnumerable<(ShmRegionState, ShmProtection)> Pages(PageStates book) =>
        book.ToArray()
            .SelectMany(static run => Enumerable.Repeat((run.State, run.Protection), (int)(run.Length / Page)));

    /// <summary>Without gaps, without empty runs, and no two neighbours alike.</summary>
    private static bool IsInOrder(PageStates book)
    {
        var runs = book.ToArray();
        return runs[0].Offset == 0 && runs.All(static run => run.Length > 0) && runs.Zip(runs.Skip(1))
            .All(static pair =>
                pair.First.Offset + pair.First.Length == pair.Second.Offset && !pair.First.IsLike(pair.Second));
    }

    private static bool QuickAnswersAgree(
        PageStates book, List<(ShmRegionState State, ShmProtection Protection)> model) =>
        book.HasLost == model.Exists(static page => page.State == ShmRegionState.Lost)
            && Array.TrueForAll(Protections, need => book.AllAllow(need) == (
                need != ShmProtection.None && model.TrueForAll(
                    page => page.State == ShmRegionState.Mapped && (page.Protection & need) == need)));

    /// <summary>
    /// Whether every range of bytes is refused where the model refuses one of its pages, at the first of them.
    /// </summary>
    private static bool AnswersAgree(PageStates book, List<(ShmRegionState State, ShmProtection Protection)> model)
    {
        for (var from = 0; from < model.Count; from++)
        {
            for (var to = from; to < model.Count; to++)
            {
                foreach (var need in Protections)
                {
                    var offset = ((long)from * Page) + 5;
                    var refusal = book.FindRefusal(offset, ((long)(to - from) * Page) + 1, need);
                    var expected = model.FindIndex(
                        from, to - from + 1,
                        page => page.State == ShmRegionState.Hole || (page.Protection & need) != need);
                    if (expected < 0 ? refusal is not null : refusal is null
                        || Math.Max(offset, refusal.Offset) / Page != expected)
                    {
                        return false;
                    }
                }
            }
        }

        return true;
    }
}
