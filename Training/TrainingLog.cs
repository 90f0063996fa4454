using System.Text;
using System.Text.Json;

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
    public static TrainingLog Open(string path, int step)
    {
        if (File.Exists(path))
        {
            string[] kept = [.. File.ReadLines(path).Where(line => StepOf(line) is { } at && at <= step)];
            File.WriteAllLines(path, kept);
        }
        return new(path);
    }

    /// <summary>The losses and evaluations of a log, in order of steps.</summary>
    /// <returns>Steps with their loss, and steps with the first number of their evaluation.</returns>
    public static (IReadOnlyList<(int Step, double Loss)> Training, IReadOnlyList<(int Step, double Loss)> Evaluations) Read(string path)
    {
        List<(int, double)> training = [], evaluations = [];
        foreach (string line in File.ReadLines(path).Where(line => StepOf(line) is not null))
        {
            using JsonDocument json = JsonDocument.Parse(line);
            int step = json.RootElement.GetProperty("step").GetInt32();
            if (json.RootElement.TryGetProperty("loss", out JsonElement loss) && loss.ValueKind == JsonValueKind.Number)
            {
                training.Add((step, loss.GetDouble()));
            }
            else if (json.RootElement.TryGetProperty("evaluation", out JsonElement evaluation)
                && evaluation.ValueKind == JsonValueKind.Object && evaluation.TryGetProperty("loss", out JsonElement held)
                && held.ValueKind == JsonValueKind.Number)
            {
                evaluations.Add((step, held.GetDouble()));
            }
        }
        return (training, evaluations);
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

    private static int? StepOf(string line)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(line);
            return json.RootElement.GetProperty("step").GetInt32();
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }
}
