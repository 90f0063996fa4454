using Vitrine.Tensors;

namespace Vitrine.Serve;

/// <summary>Where work is done: a turn in the queue, an explainer of the model, a limit of time; the same question at the same time is
/// computed once.</summary>
internal sealed class Desk : IDisposable
{
    private readonly ServeLimits _limits;
    private readonly CancellationToken _stopping;
    private readonly Shared<Explanation> _explanations = new(kept: 32);

    /// <summary>A desk.</summary>
    /// <param name="options">Models and limits.</param>
    /// <param name="stopping">Cancelled when the service has no time left.</param>
    public Desk(ServeOptions options, CancellationToken stopping)
    {
        (_limits, _stopping) = (options.Limits, stopping);
        Shelf = new(options.Models, options.Load, options.Limits.Memory);
        Queue = new(options.Limits.Parallel > 0 ? options.Limits.Parallel : Environment.ProcessorCount, options.Limits.Queue);
    }

    /// <summary>The models.</summary>
    public ModelShelf Shelf { get; }

    /// <summary>Who waits.</summary>
    public WorkQueue Queue { get; }

    /// <summary>Told one line per internal error; null: no log.</summary>
    public Action<string>? Log { get; init; }

    /// <summary>What has been counted.</summary>
    public Meter Meter { get; } = new();

    /// <summary>How much a request may ask for.</summary>
    public ServeLimits Limits => _limits;

    /// <summary>Does work with a model, in its turn, on a thread of its own.</summary>
    /// <param name="model">As <see cref="ModelShelf.Find"/> gives it.</param>
    /// <param name="work">The work; it checks its token.</param>
    /// <param name="cancellation">The caller has left.</param>
    /// <exception cref="TimeLimitException">It took longer than the limit.</exception>
    /// <exception cref="VitrineException">What the work says.</exception>
    public async Task<T> Do<T>(string model, Func<Explainer, CancellationToken, T> work, CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _stopping);
        using IDisposable turn = await Queue.Enter(either.Token).ConfigureAwait(false);
        using ModelShelf.Lease lease = await Shelf.Rent(model, either.Token).ConfigureAwait(false);
        either.CancelAfter(_limits.Time);
        try
        {
            return await Task.Run(() => work(lease.Explainer, either.Token), CancellationToken.None).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested && !_stopping.IsCancellationRequested)
        {
            throw new TimeLimitException($"time: used up; got {_limits.Time.TotalSeconds:0.#} s of work; expected less. Ask for a "
                + $"shorter text, "
                + "fewer steps or samples, or another method.");
        }
    }

    /// <summary>An explanation, shared by all callers that ask for the same.</summary>
    /// <param name="values">The model and what is asked.</param>
    /// <param name="progress">Told how far it is; null: no report.</param>
    /// <param name="cancellation">This caller has left.</param>
    /// <param name="more">Names among the values that are not settings of an explanation.</param>
    public Task<Explanation> Explain(
        Values values, IProgress<WorkProgress>? progress, CancellationToken cancellation, params IReadOnlyList<string> more)
    {
        string model = Shelf.Find(values["model"]);
        var request = RequestReader.Request<ExplainRequest>(values, Asks.Explain, _limits, ["model", .. more]);
        request.Check();
        string key = $"{model}?{values.Without([.. more.Append("model")]).ToQuery()}";
        return _explanations.Get(key, (told, token) => Do(model, (explainer, stop) =>
        {
            Meter.Explained();
            return explainer.Explain(request, told, stop);
        }, token), progress, cancellation);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Queue.Dispose();
        Shelf.Dispose();
    }
}

/// <summary>Work that took longer than one request may: 504.</summary>
/// <param name="message">How long, in one line.</param>
internal sealed class TimeLimitException(string message) : VitrineException(message);
