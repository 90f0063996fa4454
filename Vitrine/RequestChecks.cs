namespace Vitrine;

/// <summary>What can be said about a request without a model.</summary>
public static class RequestChecks
{
    /// <summary>Says what is wrong with the request whatever the model is; every call of an explainer does so first.</summary>
    /// <param name="request">What is explained and, in an <see cref="EvaluateRequest"/>, measured.</param>
    /// <exception cref="Tensors.VitrineException">A name is not known, a value is out of range, or settings contradict each
    /// other.</exception>
    public static void Check(this ExplainRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        Attributing.Check(request);
        if (request is EvaluateRequest { Metrics: var metrics })
        {
            _ = EvaluationRun.Metrics(metrics, hasRationale: false);
        }
    }
}
