using System.Globalization;
using System.Text;
using System.Text.Json;
using Vitrine.Transformers;
using Encoding = System.Text.Encoding;

namespace Vitrine.Training;

/// <summary>
/// One line of JSON per step and per evaluation; after a resumption the log is what it would have been without the break.
/// </summary>
public sealed class TrainingLog : IDisposable
{
    private readonly StreamWriter _writer;

    private TrainingLog(string path) => _writer = new(path, append: true, new UTF8Encoding(false)) { AutoFlush = true, NewLine = "\n" };

    /// <summary>
    /// Opens the log of a training of which <paramref name="step"/> steps count: later lines, and one torn by a kill, are taken out.
    /// </summary>
    /// <exception cref="TrainingException">Another line is damaged.</exception>
    public static TrainingLog Open(string path, int step)
    {
        if (File.Exists(path))
        {
            AtomicFile.WriteText(path, string.Concat(Lines(path).Where(line => line.Step <= step).Select(line => line.Text + "\n")));
        }
        return new(path);
    }

    /// <summary>The losses and evaluations of a log, in order of steps.</summary>
    /// <exception cref="TrainingException">A line is damaged, and is not the last, torn by a kill.</exception>
    /// <returns>Steps with their loss, and steps with the first number of their evaluation.</returns>
    public static (IReadOnlyList<(int Step, double Loss)> Training, IReadOnlyList<(int Step, double Loss)> Evaluations) Read(string path)
    {
        Line[] lines = [.. Lines(path)];
        return ([.. lines.Where(line => line.Loss is not null).Select(line => (line.Step, line.Loss!.Value))],
            [.. lines.Where(line => line.Evaluation is not null).Select(line => (line.Step, line.Evaluation!.Value))]);
    }

    /// <summary>A step: loss in nats, gradient norm before clipping, tokens that are not padding, seconds it took.</summary>
    public void Step(int step, int epoch, float loss, float learningRate, float gradientNorm, int tokens, double seconds) => Write(json =>
    {
        json.WriteNumber("step", step);
        json.WriteNumber("epoch", epoch);
        json.WriteNumber("loss", loss);
        json.WriteNumber("learning_rate", learningRate);
        json.WriteNumber("gradient_norm", gradientNorm);
        json.WriteNumber("tokens", tokens);
        json.WriteNumber("seconds", Math.Round(seconds, 4));
    });

    /// <summary>An evaluation, and whether its weights were kept.</summary>
    public void Evaluation(int step, IReadOnlyList<Metric> metrics, bool kept) => Write(json =>
    {
        json.WriteNumber("step", step);
        json.WriteStartObject("evaluation");
        foreach (Metric metric in metrics)
        {
            json.WriteNumber(metric.Name, metric.Value);
        }
        json.WriteEndObject();
        json.WriteBoolean("kept", kept);
    });

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();

    private void Write(Action<Utf8JsonWriter> write)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }
        _writer.WriteLine(Encoding.UTF8.GetString(bytes.ToArray()));
    }

    private static IEnumerable<Line> Lines(string path)
    {
        bool isTorn = IsTorn(path);
        TrainingException? damage = null;
        int number = 0;
        foreach (string text in File.ReadLines(path))
        {
            if (damage is not null)
            {
                throw damage;
            }
            number++;
            Line? line = null;
            try
            {
                line = Parse(text, string.Create(CultureInfo.InvariantCulture, $"train: line {number} of '{path}'"));
            }
            catch (TrainingException e)
            {
                damage = e;
            }
            if (line is not null)
            {
                yield return line;
            }
        }
        if (damage is not null && !isTorn)
        {
            throw damage;
        }
    }

    private static Line Parse(string text, string name)
    {
        JsonField line = JsonField.Parse(name, Encoding.UTF8.GetBytes(text), message => new TrainingException(
            $"{message} Delete the log to go on without it."));
        JsonField evaluation = line.Part("evaluation");
        int step = line["step"].Whole(1, int.MaxValue);
        return evaluation.IsPresent ? new(text, step, null, evaluation.Optional("loss")?.Number())
            : new(text, step, line["loss"].Number(), null);
    }

    private static bool IsTorn(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        if (file.Length > 0)
        {
            file.Seek(-1, SeekOrigin.End);
        }
        return file.Length > 0 && file.ReadByte() != '\n';
    }

    private sealed record Line(string Text, int Step, double? Loss, double? Evaluation);
}
