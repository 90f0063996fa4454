namespace Vitrine.Training;

/// <summary>Examples of several files, those that are learned and those that are judged.</summary>
/// <typeparam name="T">An example.</typeparam>
/// <param name="Training">What is learned, one source after the other.</param>
/// <param name="Held">What is only judged.</param>
/// <param name="Sources">Of every source: how many examples of <paramref name="Training"/> it has, and how often an epoch takes
/// each.</param>
public sealed record DataMix<T>(IReadOnlyList<T> Training, IReadOnlyList<T> Held, IReadOnlyList<(int Count, double Times)> Sources)
{
    /// <summary>How many of the sources, the first ones, are judged in part.</summary>
    public int Judged { get; private init; }

    /// <summary>Reads files, part of which is held out, and others that are learned whole, but for what is held out of the
    /// former.</summary>
    /// <param name="data">Files of which a part is judged.</param>
    /// <param name="more">Files that are learned only.</param>
    /// <param name="read">What a file holds.</param>
    /// <param name="key">What must not be on both sides.</param>
    /// <param name="part">Part that is judged, 0–1.</param>
    /// <param name="seed">Of the choice.</param>
    internal static DataMix<T> Of(
        IReadOnlyList<DataPart> data, IReadOnlyList<DataPart> more, Func<DataPart, IEnumerable<T>> read, Func<T, string> key,
        double part, int seed)
    {
        (List<T> training, List<T> held, List<(int, double)> sources) = ([], [], []);
        foreach (DataPart file in data)
        {
            (IReadOnlyList<T> learned, IReadOnlyList<T> judged) = HeldOut.Split(read(file), key, part, seed);
            held.AddRange(judged);
            Add(learned, file);
        }
        HashSet<string> kept = [.. held.Select(key)];
        foreach (DataPart file in more)
        {
            Add([.. read(file).Where(item => !kept.Contains(key(item)))], file);
        }
        return new(training, held, sources) { Judged = data.Count };

        void Add(IReadOnlyList<T> items, DataPart file)
        {
            training.AddRange(items);
            sources.Add((items.Count, file.Times));
        }
    }

    /// <summary>Takes a part out of what is learned from the sources of which a part is judged.</summary>
    /// <param name="key">What the choice goes by.</param>
    /// <param name="part">How much, 0–1.</param>
    /// <param name="seed">Of the choice.</param>
    public (DataMix<T> Left, IReadOnlyList<T> Aside) PutAside(Func<T, string> key, double part, int seed)
    {
        (List<T> rest, List<T> aside, List<(int, double)> sources, int first) = ([], [], [], 0);
        foreach ((int source, (int count, double times)) in Sources.Index())
        {
            T[] items = [.. Training.Skip(first).Take(count)];
            (IReadOnlyList<T> left, IReadOnlyList<T> taken) = source < Judged ? HeldOut.Split(items, key, part, seed) : (items, []);
            rest.AddRange(left);
            aside.AddRange(taken);
            sources.Add((left.Count, times));
            first += count;
        }
        return (this with { Training = rest, Sources = sources }, aside);
    }

    /// <summary>The examples of the files of which a part is judged, and those of the others.</summary>
    public (IReadOnlyList<T> Data, IReadOnlyList<T> More) Parts =>
        ([.. Training.Take(Sources.Take(Judged).Sum(source => source.Count))],
            [.. Training.Skip(Sources.Take(Judged).Sum(source => source.Count))]);

    /// <summary>A task on <see cref="Training"/> as it is to be mixed.</summary>
    /// <param name="task">The task.</param>
    /// <param name="lessons">How many examples it makes of each of the files of which a part is judged.</param>
    public ITrainingTask Mixed(ITrainingTask task, int lessons = 1) => Sources.All(source => source.Times == 1) ? task
        : new MixedTask(task, [.. Sources.Select((source, i) => (source.Count * (i < Judged ? lessons : 1), source.Times))]);
}
