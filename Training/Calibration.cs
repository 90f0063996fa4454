using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Training;

/// <summary>
/// Probabilities that mean what they say: of the texts of which a classifier says 80 %, four in five are right. One number, the
/// temperature, divides all logits; it
/// changes no decision. It goes into the last layer, so that every program that loads the model has it.
/// </summary>
/// <remarks>Source: Guo, Pleiss, Sun and Weinberger 2017, “On calibration of modern neural networks”, sections 2 (the error) and 4.2 (the
/// temperature).</remarks>
public static class Calibration
{
    private const int Bins = 15; // as in the paper
    private const double Widest = 4; // |ln T|: 1/55 to 55

    /// <summary>The temperature at which logits say most of their labels: the least of −Σ ln softmax(logits / T) over the texts.</summary>
    /// <param name="logits">Per text, one for every label.</param>
    /// <param name="labels">Number of the right one.</param>
    /// <exception cref="TrainingException">There is no text.</exception>
    public static double Temperature(IReadOnlyList<float[]> logits, IReadOnlyList<int> labels)
    {
        if (logits.Count == 0)
        {
            throw new TrainingException("calibrate: nothing to measure by; got no text; expected some. Calibrate on a larger part, or "
                + "give more data.");
        }
        // The loss is convex in 1/T, so it has one minimum in ln T too: golden section.
        (double low, double high, double ratio) = (-Widest, Widest, (Math.Sqrt(5) - 1) / 2);
        while (high - low > 1e-6)
        {
            (double a, double b) = (high - (ratio * (high - low)), low + (ratio * (high - low)));
            (low, high) = Loss(a) < Loss(b) ? (low, b) : (a, high);
        }
        return Math.Exp((low + high) / 2);

        double Loss(double lnT) =>
            logits.Zip(labels).Sum(text => -Math.Log(Math.Max(double.Epsilon, Probabilities(text.First, Math.Exp(lnT))[text.Second])));
    }

    /// <summary>Expected calibration error, 0–1: Σ over bins of the highest probability of part of the texts · |part that is right − mean
    /// probability|.</summary>
    /// <param name="logits">Per text, one for every label.</param>
    /// <param name="labels">Number of the right one.</param>
    public static double Error(IReadOnlyList<float[]> logits, IReadOnlyList<int> labels)
    {
        (double[] sure, double[] right) = (new double[Bins], new double[Bins]);
        foreach ((float[] row, int label) in logits.Zip(labels))
        {
            double[] p = Probabilities(row, 1);
            int said = Rows.Best(row), bin = Math.Min(Bins - 1, (int)(p[said] * Bins));
            sure[bin] += p[said];
            right[bin] += said == label ? 1 : 0;
        }
        return logits.Count == 0 ? 0 : sure.Zip(right).Sum(bin => Math.Abs(bin.First - bin.Second)) / logits.Count;
    }

    /// <summary>Writes a classifier whose last layer is divided by a temperature; the model stays as it is.</summary>
    /// <param name="model">A classifier of BERT's form.</param>
    /// <param name="path">The file.</param>
    /// <param name="temperature">Above 0.</param>
    public static void Save(ITransformer model, string path, double temperature)
    {
        ArgumentNullException.ThrowIfNull(model);
        Parameter[] last = [.. model.Parameters.Where(p => p.Name is "classifier.W" or "classifier.b")];
        if (last.Length != 2)
        {
            throw new TrainingException($"calibrate: no last layer to divide; got {model.Info.Architecture}; expected a classifier of "
                + $"BERT's form.");
        }
        Tensor[] before = [.. last.Select(p => p.Value)];
        using Recorder.Pause pause = Recorder.Suspend();
        foreach (Parameter parameter in last)
        {
            parameter.Value = parameter.Value.Scale((float)(1 / temperature));
        }
        ParameterLayout.Save(model, path, WeightType.F16);
        foreach ((Parameter parameter, Tensor value) in last.Zip(before))
        {
            parameter.Value = value;
        }
    }

    private static double[] Probabilities(float[] logits, double temperature)
    {
        double highest = logits.Max();
        double[] weights = [.. logits.Select(logit => Math.Exp((logit - highest) / temperature))];
        return [.. weights.Select(weight => weight / weights.Sum())];
    }
}
