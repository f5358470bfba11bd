using System.Collections.Concurrent;
using LmmFunctional.CSharp;

namespace WebApi;

/// <summary>The latest fits by their names. Fits do not change, so all requests may read them at once.</summary>
public sealed class FitStore
{
    private const int Most = 100;

    private readonly ConcurrentDictionary<string, FittedLmm> fits = new();
    private readonly ConcurrentQueue<string> order = new();

    /// <summary>Keeps a fit under a new name; the oldest goes when there are too many.</summary>
    public string Add(FittedLmm fit)
    {
        var name = Guid.NewGuid().ToString("N");
        fits[name] = fit;
        order.Enqueue(name);

        while (fits.Count > Most && order.TryDequeue(out var oldest))
        {
            fits.TryRemove(oldest, out _);
        }

        return name;
    }

    /// <summary>The fit of a name; null where there is none.</summary>
    public FittedLmm? Find(string name) => fits.GetValueOrDefault(name);
}
