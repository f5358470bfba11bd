namespace LmmFunctional.Estimation

open LmmFunctional.Numerics

/// <summary>log|V| and its derivatives by the G of all terms, by some probes: sums and each probe's part.</summary>
/// <remarks>Panels of eight probes one after the other, each in parallel over windows: same probes, same bits.</remarks>
[<Sealed>]
type internal SampledTraces(point: SchurPoint, settings: IterativeSettings) =
    let products = point.Products
    let lanes = EffectPanel.lanes
    let probes = settings.Probes
    let count = Probes.count products.Tail probes
    let weight = Probes.weight probes

    let determinant =
        SampledDeterminant(point, IterativeSettings.scale products settings, settings.LogTolerance, settings.MostSteps)

    let mutable logarithms: float[] option = None
    let mutable samples: EngineSamples option = None

    let terms = products.LeadTerms.Length + products.TailTerms.Length

    /// One lane of S×S sums.
    let lane (sums: float[]) at =
        Array.init (sums.Length / lanes) (fun k -> sums[k * lanes + at])

    /// The diagonal blocks of the terms of a leading block.
    let leadBlocks (whole: float[]) : (int * float[]) list = [
        for index in 0 .. products.LeadTerms.Length - 1 do
            let order = products.LeadOrder
            let first = products.LeadOffsets[index]
            let size = products.LeadOffsets[index + 1] - first

            products.LeadTerms[index],
            Array.init (size * size) (fun k -> whole[first + k % size + (first + k / size) * order])
    ]

    /// Each term's matrix from one of the leading block and one of each tail term.
    let byTerm (ofLead: float[]) (ofTail: float[][]) : float[][] =
        let result = Array.create terms [||]

        for term, own in leadBlocks ofLead do
            result[term] <- own

        ofTail |> Array.iteri (fun t own -> result[products.TailTerms[t]] <- own)
        result

    /// Σ_j N_jK_j of all levels: what no probe has part in.
    let certain (own: PosteriorBlocks) (k: float[]) atK : float[] =
        let order = own.Order
        let square = order * order
        let sum: float[] = Array.zeroCreate square
        let product: float[] = Array.zeroCreate square

        for level in 0 .. own.Levels - 1 do
            Small.Multiply(order, own.N, level * square, false, k, atK + level * square, product, 0)

            for at in 0 .. square - 1 do
                let mirror = at / order + at % order * order
                sum[at] <- sum[at] + 0.5 * (product[at] + product[mirror])

        sum

    let sampled hasDerivatives =
        let parts = [|
            for first in 0..lanes .. count - 1 -> first, determinant.Sample(probes, first, hasDerivatives)
        |]

        let each (pick: ProbeSample -> int -> 'part) = [|
            for first, sample in parts do
                for at in 0 .. min lanes (count - first) - 1 do
                    pick sample at
        |]

        logarithms <- Some(each (fun sample at -> sample.Logarithms[at]))

        if hasDerivatives then
            samples <-
                Some {
                    Logarithms = logarithms.Value
                    Traces =
                        each (fun sample at ->
                            byTerm (lane sample.Lead at) (sample.Tail |> Array.map (fun own -> lane own at)))
                    IsConverged = parts |> Array.forall (fun (_, sample) -> sample.IsConverged)
                    Steps = parts |> Array.map (fun (_, sample) -> sample.Steps) |> Array.max
                }

    /// Forgets what belongs to another point.
    member _.Forget() =
        determinant.Forget()
        logarithms <- None
        samples <- None

    /// log|I + C|.
    member _.Logarithm: float =
        if logarithms.IsNone then
            sampled false

        weight * Array.sum logarithms.Value

    /// What each probe has.
    member _.Samples: EngineSamples =
        if samples.IsNone then
            sampled true

        samples.Value

    /// ∂log|V|/∂G of every term, in the order of the terms.
    member traces.Derivatives: float[][] =
        let own = traces.Samples

        let known =
            byTerm
                (certain point.Lead products.LeadLead 0)
                (Array.init products.TailTerms.Length (fun t ->
                    certain (point.Term t) point.Information products.BlockOffsets[t]))

        known
        |> Array.mapi (fun term matrix ->
            matrix
            |> Array.mapi (fun at value ->
                let mutable sum = 0.0

                for probe in own.Traces do
                    sum <- sum + probe[term].[at]

                value + weight * sum))
