using Vitrine.Serve;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Serve;

/// <summary>Turns, models within a budget, work that callers share, time limits.</summary>
public sealed class WorkTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Queue_OneMoreThanMayWait_IsTurnedAway()
    {
        using var queue = new WorkQueue(parallel: 1, most: 2);
        IDisposable first = await queue.Enter(Token);
        Task<IDisposable> second = queue.Enter(Token), third = queue.Enter(Token);

        Assert.Equal((1, 2), (queue.Running, queue.Waiting));
        await Assert.ThrowsAsync<BusyException>(() => queue.Enter(Token));
        first.Dispose();
        (await second).Dispose();
        (await third).Dispose();
        (await queue.Enter(Token)).Dispose();
        Assert.Equal((0, 0), (queue.Running, queue.Waiting));
    }

    [Fact]
    public async Task Queue_ACallerThatLeavesWhileItWaits_MakesRoom()
    {
        using var queue = new WorkQueue(parallel: 1, most: 1);
        using IDisposable first = await queue.Enter(Token);
        using var leaving = new CancellationTokenSource();
        Task<IDisposable> second = queue.Enter(leaving.Token);

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.Equal(0, queue.Waiting);
    }

    [Fact]
    public async Task Service_WithoutRoomInItsQueue_Says429AndWhenToTryAgain()
    {
        await using Service service = await Service.Start(options => options with { Limits = new() { Parallel = 1, Queue = 1 } });
        TaskCompletionSource begun = new(), release = new();
        Task<int> running = service.Desk.Do("sentiment", (_, _) => { begun.SetResult(); release.Task.Wait(Token); return 1; }, Token);
        await begun.Task;
        Task<Answer> waiting = service.Post("/v1/predict", """{"text": "a witty film"}""");
        while (service.Desk.Queue.Waiting == 0)
        {
            await Task.Delay(5, Token);
        }

        Answer refused = await service.Post("/v1/predict", """{"text": "a dull film"}""");

        refused.IsRefused(429, "busy");
        Assert.Equal("1", refused.Headers["Retry-After"]);
        release.SetResult();
        await running;
        (await waiting).IsDone();
    }

    [Fact]
    public async Task Service_WorkBeyondTheTimeLimit_Says504()
    {
        await using Service service = await Service.Start(options => options with
        {
            Limits = new() { Time = TimeSpan.FromMilliseconds(30) },
        });

        string text = string.Join(' ', Enumerable.Repeat("an overlong and dull story that never comes alive", 7));
        (await service.Post("/v1/explain", $$"""{"text": "{{text}}", "methods": ["shapley_value_sampling"], "samples": 10000}"""))
            .IsRefused(504, "time");
    }

    [Fact]
    public async Task Service_ACallerThatLeaves_EndsTheWork()
    {
        await using Service service = await Service.Start();
        using var leaving = new CancellationTokenSource();
        var begun = new TaskCompletionSource();
        var ended = new TaskCompletionSource();
        Task<int> work = service.Desk.Do("sentiment", (_, stop) =>
        {
            begun.SetResult();
            stop.WaitHandle.WaitOne();
            ended.SetResult();
            stop.ThrowIfCancellationRequested();
            return 1;
        }, leaving.Token);
        await begun.Task;

        await leaving.CancelAsync();

        await ended.Task;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => work);
    }

    [Fact]
    public async Task Shelf_WithoutRoomForAllModels_FreesTheLongestUnused()
    {
        string models = Path.Combine(GoldenFolder.SourceTree(), "models");
        KeyValuePair<string, string>[] small = [.. ((string[])["reader", "sorter", "induction"])
            .Select(name => KeyValuePair.Create(name, Path.Combine(models, name)))];
        long Size(string name) => new FileInfo(Path.Combine(models, name, "model.safetensors")).Length;
        using var shelf = new ModelShelf(small, new(), Size("reader") + Math.Max(Size("sorter"), Size("induction")));

        (await shelf.Rent("reader", Token)).Dispose();
        (await shelf.Rent("sorter", Token)).Dispose();
        await Task.Delay(30, Token); // the clock of uses has steps of about 16 ms
        (await shelf.Rent("reader", Token)).Dispose();
        (await shelf.Rent("induction", Token)).Dispose();

        Assert.True(shelf.IsLoaded("reader") && shelf.IsLoaded("induction") && !shelf.IsLoaded("sorter"));
        Assert.Equal(Size("reader") + Size("induction"), shelf.Used);
    }

    [Fact]
    public async Task Shelf_WhereEverythingIsInUse_WaitsUntilAModelIsReturned()
    {
        string models = Path.Combine(GoldenFolder.SourceTree(), "models");
        using var shelf = new ModelShelf([new("reader", Path.Combine(models, "reader")), new("sorter", Path.Combine(models, "sorter"))],
            new(), budget: 1);
        ModelShelf.Lease reader = await shelf.Rent("reader", Token);
        Task<ModelShelf.Lease> sorter = shelf.Rent("sorter", Token);

        Assert.False(sorter.IsCompleted);
        reader.Dispose();
        (await sorter).Dispose();
        Assert.False(shelf.IsLoaded("reader"));
    }

    [Fact]
    public async Task Shared_TheSameQuestionAtTheSameTime_IsComputedOnce()
    {
        var shared = new Shared<int>(kept: 1);
        var release = new TaskCompletionSource();
        int made = 0;
        Task<int> Ask(string key) => shared.Get(key, async (_, _) => { made++; await release.Task; return made; }, null, Token);

        Task<int> first = Ask("a"), second = Ask("a");
        release.SetResult();

        int[] both = await Task.WhenAll(first, second);

        Assert.Equal([1, 1], both);
        Assert.Equal(1, await Ask("a"));
        Assert.Equal(2, await Ask("b"));
        Assert.Equal(3, await Ask("a")); // one result is kept
    }

    [Fact]
    public async Task Shared_TheLastCallerThatLeaves_EndsTheWork()
    {
        var shared = new Shared<int>(kept: 8);
        using CancellationTokenSource one = new(), other = new();
        var ended = new TaskCompletionSource();
        async Task<int> Work(IProgress<WorkProgress> progress, CancellationToken stop)
        {
            using CancellationTokenRegistration end = stop.Register(ended.SetResult);
            await Task.Delay(Timeout.Infinite, stop);
            return 1;
        }
        Task<int> first = shared.Get("a", Work, null, one.Token), second = shared.Get("a", Work, null, other.Token);

        await one.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.False(ended.Task.IsCompleted);
        await other.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        await ended.Task;
    }

    [Fact]
    public async Task Server_Stopped_AnswersWhatItWasAskedBefore()
    {
        Service service = await Service.Start(options => options with { Limits = new() { Parallel = 1 } });
        using var stop = new CancellationTokenSource();
        var begun = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        Task<int> blocking = service.Desk.Do("sentiment", (_, _) => { begun.SetResult(); release.Task.Wait(Token); return 1; }, Token);
        await begun.Task;
        Task<Answer> asked = service.Post("/v1/predict", """{"model": "reader", "text": "Where is Ben?", "context": "Ben is at home."}""");
        while (service.Desk.Queue.Waiting == 0) // it comes after the work that is held
        {
            await Task.Delay(5, Token);
        }

        Task ended = service.Ended(stop.Token);
        await stop.CancelAsync();
        release.SetResult();

        (await asked).IsDone();
        await ended;
        await blocking;
        await Assert.ThrowsAsync<HttpRequestException>(() => service.Get("/healthz"));
        await service.DisposeAsync();
    }
}
