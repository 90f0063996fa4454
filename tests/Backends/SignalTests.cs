using Vitrine.Tensors;
using Xunit;

namespace Vitrine.Tests.Backends;

public sealed class SignalTests
{
    [Fact]
    public void Wait_AfterSet_ReturnsAtOnceAndTakesTheSignalBack()
    {
        var signal = new Signal();
        signal.Set();
        signal.Wait();
        var second = new Thread(signal.Wait);

        second.Start();

        Assert.False(second.Join(50));
        signal.Set();
        Assert.True(second.Join(5000));
    }

    [Fact]
    public void Wait_PassedToAndFroTenThousandTimes_LosesNoSignal()
    {
        (Signal there, Signal back) = (new(), new());
        int rounds = 0;
        var other = new Thread(() =>
        {
            for (int i = 0; i < 10_000; i++)
            {
                there.Wait();
                rounds++;
                back.Set();
            }
        });
        other.Start();

        for (int i = 0; i < 10_000; i++)
        {
            there.Set();
            back.Wait();
        }

        Assert.True(other.Join(5000));
        Assert.Equal(10_000, rounds);
    }

    [Fact]
    public void Wait_Awake_MayRunOnEveryProcessorAgain()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "only Linux says where a thread may run");
        static string Allowed() => File.ReadLines("/proc/thread-self/status")
            .First(line => line.StartsWith("Cpus_allowed_list", StringComparison.Ordinal));
        var signal = new Signal();
        (string before, string after, int waits) = ("", "", 0);
        var sleeper = new Thread(() =>
        {
            before = Allowed();
            for (int i = 0; i < 20; i++)
            {
                signal.Wait();
                Volatile.Write(ref waits, i + 1);
            }
            after = Allowed();
        });
        sleeper.Start();

        for (int i = 0; i < 20; i++)
        {
            Thread.Sleep(1);
            signal.Set();
            Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref waits) == i + 1, 5000));
        }

        Assert.True(sleeper.Join(5000));
        Assert.Equal(before, after);
    }
}
