using Vitrine.Attributions;
using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Serve;

/// <summary>What the lessons compute.</summary>
internal static class LessonRuns
{
    /// <summary>Value and slopes of (x · y − 1)², recorded and walked back.</summary>
    public static Task<InsideResult> OnATape(Values values, Desk desk, IProgress<WorkProgress> progress, CancellationToken cancellation) =>
        desk.Do(desk.Shelf.Default, (_, _) =>
        {
            Tensor x = Tensor.From([(float)Number(values, "x")], [1]), y = Tensor.From([(float)Number(values, "y")], [1]);
            using var tape = new Tape();
            Tensor product = x * y, error = product - Tensor.From([1f], [1]), square = error * error;
            Gradients slopes = tape.Gradient(square, x, y, product, error);
            (string Name, Tensor Value)[] steps = [("x", x), ("y", y), ("x · y", product), ("x · y − 1", error)];
            var names = new InsideAxis("number", [.. steps.Select(step => step.Name), "(x · y − 1)²"]);
            return new InsideResult
            {
                Method = "tape",
                Tables =
                [
                    InsideTable.Of("values", "forward, in the order of the tape", [.. steps.Select(step =>
                        (double)step.Value.Item()), square.Item()], names),
                    InsideTable.Of("slopes", "backward: d (x · y − 1)² / d number", [.. steps.Select(step =>
                        (double)slopes[step.Value].Item()), 1], names),
                ],
            };
        }, cancellation);

    /// <summary>The loss of every letter before and after a change.</summary>
    public static Task<InsideResult> Heads(Values values, Desk desk, IProgress<WorkProgress> progress, CancellationToken cancellation) =>
        desk.Do(desk.Shelf.Find("induction"), (explainer, _) =>
        {
            string text = values["text"]!;
            Encoding encoding = explainer.Tokenizer.Encode(text);
            double[] before = Losses(explainer, encoding.Ids, []), after = Losses(explainer, encoding.Ids, Places.Changes(explainer,
                [values["change"]!], text, null));
            string[] letters = [.. encoding.Ids.Skip(1).Select((id, i) => $"{i + 1} {explainer.Tokenizer.Decode([id])}")];
            return new InsideResult
            {
                Method = "loss",
                Model = explainer.Name,
                Numbers = new Dictionary<string, double>
                {
                    ["loss before (nats per letter)"] = before.Average(),
                    ["loss after"] = after.Average()
                },
                Tables = [InsideTable.Of("loss", "−ln p of the letter, in nats", [.. before, .. after], new InsideAxis("variant",
                    ["before", "changed"]),
                    new InsideAxis("position", letters))],
            };
        }, cancellation);

    /// <summary>The loss, step by step.</summary>
    public static Task<InsideResult> Training(Values values, Desk desk, IProgress<WorkProgress> progress, CancellationToken cancellation)
    {
        int steps = new FieldValue("steps", values.All("steps")).Whole;
        if (steps is < 2 or > 150)
        {
            throw new RequestException(Fault.Request, $"steps: out of range; got {steps}; expected 2 to 150.");
        }
        string folder = desk.Shelf.Models.FirstOrDefault(model => model.Key == "sorter").Value ?? throw new UnknownModelException(
            "model: the lesson needs 'sorter'; got a service without it; expected it among the models.");
        return desk.Do("sorter", (_, stop) => SortingLesson.Run(folder, steps, Number(values, "rate"), progress, stop), cancellation);
    }

    /// <summary>The variance of a row in three ways.</summary>
    public static Task<InsideResult> Variance(Values values, Desk desk, IProgress<WorkProgress> progress, CancellationToken cancellation)
    {
        double[] row = [.. values["row"]!.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries).Select(one =>
            new FieldValue("row", [one]).Number)];
        if (row.Length < 2)
        {
            throw new RequestException(Fault.Request, $"row: too short; got {row.Length} numbers; expected at least 2.");
        }
        double mean = row.Average(), exact = row.Average(x => (x - mean) * (x - mean));
        float[] single = [.. row.Select(x => (float)x)];
        float sum = 0, squares = 0, two = 0;
        foreach (float x in single)
        {
            (sum, squares) = (sum + x, squares + (x * x));
        }
        float middle = sum / single.Length;
        foreach (float x in single)
        {
            two += (x - middle) * (x - middle);
        }
        return Task.FromResult(new InsideResult
        {
            Method = "variance",
            Tables = [InsideTable.Of("variance", "of the row", [exact, two / single.Length, (squares / single.Length) - (middle * middle)],
                new InsideAxis("way", ["float64", "float32, two passes", "float32, one pass"]))],
        });
    }

    private static double[] Losses(Explainer explainer, int[] ids, IReadOnlyList<Intervention> changes)
    {
        using Device.Scope scope = Device.Use(explainer.Device);
        using IDisposable open = Intervention.OpenAll(explainer.Model, changes);
        Tensor logP = explainer.Model.Forward(ModelInput.Of(ids)).LogSoftmax(); // [1, pos, vocab]
        float[] all = logP.ToArray();
        return [.. ids.Skip(1).Select((id, i) => -(double)all[(i * logP.Shape[2]) + id])];
    }

    private static double Number(Values values, string name) => new FieldValue(name, values.All(name)).Number;
}
