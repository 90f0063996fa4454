namespace Vitrine.Training;

/// <summary>Accuracy and macro F1 with their uncertainty.</summary>
internal static class ProbeStatistics
{
    private const double Z = 1.959963984540054; // 97.5 % of a normal distribution lie below
    private const int Resamples = 1000;

    /// <summary>Wilson's (1927) score interval of a part, which stays inside 0–1 and is honest near its ends.</summary>
    public static Estimate Wilson(int right, int count)
    {
        double part = (double)right / count, centre = part + (Z * Z / (2 * count)), scale = 1 + (Z * Z / count);
        double half = Z * Math.Sqrt((part * (1 - part) / count) + (Z * Z / (4.0 * count * count)));
        return new(part, Math.Max(0, (centre - half) / scale), Math.Min(1, (centre + half) / scale));
    }

    /// <summary>
    /// Accuracy and macro F1. F1 has the percentile interval of 1,000 bootstrap samples of texts; accuracy has Wilson's where every text is
    /// one example, else that of the same bootstrap, for tokens of one text are no independent trials.
    /// </summary>
    /// <param name="truth">Classes.</param>
    /// <param name="predicted">Predictions.</param>
    /// <param name="texts">Which text each example is from.</param>
    /// <param name="classes">How many classes there are.</param>
    /// <param name="seed">Of the samples.</param>
    public static (Estimate Accuracy, Estimate MacroF1) Judge(int[] truth, int[] predicted, int[] texts, int classes, int seed)
    {
        int[][] groups = [.. Enumerable.Range(0, truth.Length).GroupBy(i => texts[i]).Select(group => group.ToArray())];
        int[] counts = Counts(groups);
        (double accuracy, double f1) = (Accuracy(counts), MacroF1(counts, classes));
        (double[] accuracies, double[] scores) = (new double[Resamples], new double[Resamples]);
        var random = new Random(seed);
        for (int i = 0; i < Resamples; i++)
        {
            int[] sample = Counts(random.GetItems(groups, groups.Length));
            (accuracies[i], scores[i]) = (Accuracy(sample), MacroF1(sample, classes));
        }
        return (
            groups.Length == truth.Length ? Wilson(truth.Index().Count(t => t.Item == predicted[t.Index]),
                truth.Length) : Percentiles(accuracy, accuracies),
            Percentiles(f1, scores));

        // True class × predicted class.
        int[] Counts(int[][] of)
        {
            int[] table = new int[classes * classes];
            foreach (int[] group in of)
            {
                foreach (int i in group)
                {
                    table[(truth[i] * classes) + predicted[i]]++;
                }
            }
            return table;
        }

        double Accuracy(int[] table)
        {
            (int right, int all) = (0, 0);
            for (int i = 0; i < table.Length; i++)
            {
                right += i % (classes + 1) == 0 ? table[i] : 0;
                all += table[i];
            }
            return (double)right / all;
        }
    }

    /// <summary>Mean F1 of the classes that occur among truths or predictions.</summary>
    /// <param name="table">True class × predicted class.</param>
    /// <param name="classes">How many classes there are.</param>
    public static double MacroF1(int[] table, int classes)
    {
        (double sum, int seen) = (0, 0);
        for (int k = 0; k < classes; k++)
        {
            int of = 0;
            for (int other = 0; other < classes; other++)
            {
                of += table[(k * classes) + other] + table[(other * classes) + k]; // truths and predictions: 2·right + wrong
            }
            sum += of == 0 ? 0 : 2.0 * table[(k * classes) + k] / of;
            seen += of == 0 ? 0 : 1;
        }
        return sum / seen;
    }

    private static Estimate Percentiles(double value, double[] samples)
    {
        Array.Sort(samples);
        return new(value, samples[(int)(0.025 * samples.Length)], samples[(int)(0.975 * samples.Length)]);
    }
}
