using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Serve;

/// <summary>
/// The configured models: loaded when first asked for, as many explainers of one as requests compute at a time, and freed again, the
/// longest unused first, where another needs the room.
/// </summary>
/// <param name="models">Names and folders; no other name is ever looked up.</param>
/// <param name="load">How they are loaded.</param>
/// <param name="budget">Bytes of weights that may be loaded at a time.</param>
internal sealed class ModelShelf(IReadOnlyList<KeyValuePair<string, string>> models, LoadOptions load, long budget) : IDisposable
{
    private readonly Dictionary<string, Copies> _loaded = [];
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _returned = new(0);
    private int _waiting;

    /// <summary>The models by name.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Models => models;

    /// <summary>The model that a request without a name means.</summary>
    public string Default => models[0].Key;

    /// <summary>Bytes of the weights that are loaded.</summary>
    public long Used { get { lock (_lock) { return _loaded.Values.Sum(copies => copies.Bytes); } } }

    /// <summary>Whether a model is loaded.</summary>
    public bool IsLoaded(string name) { lock (_lock) { return _loaded.GetValueOrDefault(name)?.IsThere is true; } }

    /// <summary>The name under which a model is configured.</summary>
    /// <exception cref="UnknownModelException">There is none of that name.</exception>
    public string Find(string? name)
    {
        (string plain, string? bits) = ModelName.Split(name ?? Default);
        return models.Any(model => model.Key == plain) && bits is null or "int8" or "int8-all" or "fp16" ? name ?? Default
            : throw new UnknownModelException($"model: none of that name is served; got '{name}'; expected one of "
                + $"{string.Join(", ", models.Select(model => model.Key))}, @int8 or @fp16 after it for rounded weights."
                + Nearest.Hint(plain, models.Select(model => model.Key)));
    }

    /// <summary>An explainer of a model, for one request alone until it is returned.</summary>
    /// <param name="name">As <see cref="Find"/> gives it.</param>
    /// <param name="cancellation">Ends the wait for room.</param>
    /// <exception cref="VitrineException">The model cannot be loaded.</exception>
    public async Task<Lease> Rent(string name, CancellationToken cancellation)
    {
        (string plain, string? bits) = ModelName.Split(name);
        string folder = models.First(model => model.Key == plain).Value;
        long bytes = BytesOf(folder);
        while (true)
        {
            Copies? copies;
            Explainer? idle = null;
            bool isMine;
            lock (_lock)
            {
                isMine = _loaded.TryGetValue(name, out copies) || MakeRoom(bytes);
                if (isMine)
                {
                    copies ??= _loaded[name] = new Copies(bytes);
                    copies.LastUse = Environment.TickCount64;
                    copies.Busy++;
                    copies.Idle.TryPop(out idle);
                }
                _waiting += isMine ? 0 : 1;
            }
            if (isMine)
            {
                return new(this, copies!, idle ?? await Task.Run(() => Load(name, folder, bits, copies!), CancellationToken.None)
                    .ConfigureAwait(false));
            }
            await _returned.WaitAsync(cancellation).ConfigureAwait(false); // until any model is returned
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _returned.Dispose();

    // Outside the lock: the other models are not kept waiting. Two requests may load two explainers of one model; both are used.
    private Explainer Load(string name, string folder, string? bits, Copies copies)
    {
        try
        {
            Explainer explainer = Explainer.Load(folder, bits is null ? load : load with { Quantization = Quantizations.Parse(bits) });
            copies.IsThere = true;
            return explainer;
        }
        catch
        {
            lock (_lock)
            {
                copies.Busy--;
                if (copies is { Busy: 0, Idle.Count: 0 })
                {
                    _loaded.Remove(name);
                }
                Wake();
            }
            throw;
        }
    }

    // Frees what is not in use until the bytes fit; a model that is larger than the budget is loaded alone.
    private bool MakeRoom(long bytes)
    {
        while (_loaded.Values.Sum(copies => copies.Bytes) + bytes > budget && _loaded.Count > 0)
        {
            (string name, Copies? oldest) = _loaded.Where(pair => pair.Value.Busy == 0).OrderBy(pair =>
                pair.Value.LastUse).FirstOrDefault();
            if (oldest is null)
            {
                return false;
            }
            foreach (Explainer explainer in oldest.Idle)
            {
                explainer.Dispose();
            }
            _loaded.Remove(name);
        }
        return true;
    }

    private void Return(Copies copies, Explainer explainer)
    {
        lock (_lock)
        {
            copies.Busy--;
            copies.Idle.Push(explainer);
            Wake();
        }
    }

    private void Wake()
    {
        if (_waiting > 0)
        {
            _returned.Release(_waiting);
            _waiting = 0;
        }
    }

    private static long BytesOf(string folder) => Directory.Exists(folder)
        ? new DirectoryInfo(folder).EnumerateFiles().Where(file => file.Extension is ".safetensors" or ".bin" or ".pt").Sum(file =>
            file.Length)
        : 0;

    /// <summary>An explainer that is in use.</summary>
    internal sealed class Lease(ModelShelf shelf, Copies copies, Explainer explainer) : IDisposable
    {
        /// <summary>The explainer.</summary>
        public Explainer Explainer => explainer;

        /// <inheritdoc/>
        public void Dispose() => shelf.Return(copies, explainer);
    }

    /// <summary>The explainers of one model; they share its mapped weights.</summary>
    internal sealed class Copies(long bytes)
    {
        public long Bytes => bytes;

        public Stack<Explainer> Idle { get; } = [];

        public int Busy { get; set; }

        public long LastUse { get; set; }

        /// <summary>Whether one has been loaded.</summary>
        public volatile bool IsThere;
    }
}

/// <summary>A name that is not among the served models: 404.</summary>
/// <param name="message">What is not there, in one line.</param>
internal sealed class UnknownModelException(string message) : VitrineException(message);
