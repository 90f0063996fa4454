using Vitrine.Tensors;
using Xunit;

namespace Vitrine.Tests.Backends;

/// <summary>Thread counts are process-wide: the classes that change them share this collection and run alone.</summary>
[CollectionDefinition(nameof(WorkerCount), DisableParallelization = true)]
public sealed class WorkerCount;

[Collection(nameof(WorkerCount))]
public sealed class WorkersTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(7, 3)]
    [InlineData(1000, 1)]
    [InlineData(1001, 64)]
    [InlineData(100_000, 1)]
    public void For_AnyCountAndGrain_VisitsEachItemOnce(int items, int grain)
    {
        foreach (int threads in new[] { 1, 2, 3, 8 })
        {
            var visits = new int[items];

            WithCount(threads, () => Workers.For(items, (from, to) =>
            {
                for (int i = from; i < to; i++) Interlocked.Increment(ref visits[i]);
            }, grain));

            Assert.All(visits, v => Assert.Equal(1, v));
        }
    }

    [Fact]
    public void For_AgainAndAgain_StartsItsThreadsOnce() => WithCount(3, () =>
    {
        Workers.For(100, (_, _) => { });
        int before = System.Diagnostics.Process.GetCurrentProcess().Threads.Count;
        for (int i = 0; i < 200; i++)
        {
            Workers.For(100, (_, _) => { });
        }

        Assert.InRange(System.Diagnostics.Process.GetCurrentProcess().Threads.Count, 1, before + 100);
    });

    [Fact]
    public void For_NoItems_DoesNotCallBody() => Workers.For(0, (_, _) => Assert.Fail("called"));

    [Fact]
    public void For_LargestItemCount_CoversAllWithoutOverflow()
    {
        long visited = 0;

        WithCount(4, () => Workers.For(int.MaxValue, (from, to) => Interlocked.Add(ref visited, to - from)));

        Assert.Equal(int.MaxValue, visited);
    }

    [Fact]
    public void For_RangesSmallerThanGrain_OnlyTheLast()
    {
        var lengths = new List<(int From, int Length)>();

        WithCount(4, () => Workers.For(1000, (from, to) =>
        {
            lock (lengths) lengths.Add((from, to - from));
        }, grain: 64));

        Assert.All(lengths, r => Assert.True(r.Length >= 64 || r.From + r.Length == 1000));
    }

    [Fact]
    public void For_InsideABody_RunsInlineOnTheSameThread()
    {
        int elsewhere = 0;

        WithCount(4, () => Workers.For(64, (from, to) =>
        {
            int thread = Environment.CurrentManagedThreadId;
            Assert.True(Workers.IsInside);
            Workers.For(1000, (_, _) =>
            {
                if (Environment.CurrentManagedThreadId != thread) Interlocked.Increment(ref elsewhere);
            });
            Assert.True(Workers.IsInside);
        }));

        Assert.Equal(0, elsewhere);
        Assert.False(Workers.IsInside);
    }

    [Fact]
    public void For_BodyThrows_RethrowsAndThePoolStaysUsable()
    {
        foreach (int threads in new[] { 1, 4 })
        {
            WithCount(threads, () =>
            {
                var error = Assert.Throws<InvalidOperationException>(() => Workers.For(100, (from, to) =>
                {
                    if (from <= 50 && 50 < to) throw new InvalidOperationException("item 50");
                }));
                int sum = 0;
                Workers.For(100, (from, to) => Interlocked.Add(ref sum, to - from));

                Assert.Equal("item 50", error.Message);
                Assert.Equal(100, sum);
                Assert.False(Workers.IsInside);
            });
        }
    }

    [Fact]
    public void For_ManyCallersAtOnce_EachGetsItsOwnItems()
    {
        WithCount(3, () =>
        {
            var callers = Enumerable.Range(0, 16).Select(c => new Thread(() =>
            {
                for (int round = 0; round < 300; round++)
                {
                    var mine = new int[50 + c];
                    Workers.For(mine.Length, (from, to) =>
                    {
                        for (int i = from; i < to; i++) mine[i]++;
                    });
                    if (mine.Any(v => v != 1)) throw new InvalidOperationException($"caller {c}, round {round}");
                }
            })).ToArray();

            foreach (Thread t in callers) t.Start();
            foreach (Thread t in callers) t.Join();
        });
    }

    [Fact]
    public void SetCount_WhileLoopsRun_LosesNoItem()
    {
        int before = Workers.Count;
        try
        {
            var stop = false;
            var changer = new Thread(() =>
            {
                for (int i = 0; !Volatile.Read(ref stop); i++) Workers.SetCount(1 + i % 4);
            });
            changer.Start();

            for (int round = 0; round < 2000; round++)
            {
                int sum = 0;
                Workers.For(100, (from, to) => Interlocked.Add(ref sum, to - from));
                Assert.Equal(100, sum);
            }
            Volatile.Write(ref stop, true);
            changer.Join();
        }
        finally
        {
            Workers.SetCount(before);
        }
    }

    [Fact]
    public void Arguments_OutOfRange_Throw()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Workers.SetCount(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Workers.For(-1, (_, _) => { }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Workers.For(1, (_, _) => { }, grain: 0));
    }

    internal static void WithCount(int count, Action act)
    {
        int before = Workers.Count;
        Workers.SetCount(count);
        try { act(); }
        finally { Workers.SetCount(before); }
    }
}
