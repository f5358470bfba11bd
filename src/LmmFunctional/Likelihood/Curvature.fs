namespace LmmFunctional.Estimation

open System.Collections.Immutable
open LmmFunctional.Model

/// <summary>Curvature of G as a function of θ, weighted by D = ∂f/∂G (S×S for each term): ⟨D, ∂²G/∂θ_k∂θ_l⟩, k×k over the
/// parameters of all random terms.</summary>
[<RequireQualifiedAccess>]
module internal Curvature =

    /// 2⟨D, E_k E_lᵀ⟩: the curvature of G = λλᵀ along two free entries of λ.
    let private ofEntries (d: float[][]) (entries: Entry[]) k l =
        let a, b = entries[k], entries[l]

        if a.Term = b.Term && a.Column = b.Column then
            let n = Semidefinite.order d[a.Term]
            2.0 * d[a.Term][a.Row + b.Row * n]
        else
            0.0

    /// The positive semidefinite part of that of all free entries. It falls into one block for each column of λ: the free
    /// rows of that column, so that entries which a structure fixes at zero have no say.
    let private positiveOfEntries (d: float[][]) (entries: Entry[]) =
        let result = SquareBlock.zero entries.Length

        let mutable first = 0

        // The entries of a column stand together.
        while first < entries.Length do
            let start = entries[first]
            let mutable last = first

            while last + 1 < entries.Length
                  && entries[last + 1].Term = start.Term
                  && entries[last + 1].Column = start.Column do
                last <- last + 1

            let n = last - first + 1
            let own: float[] = Array.zeroCreate (n * n)

            for k in 0 .. n * n - 1 do
                own[k] <- ofEntries d entries (first + k % n) (first + k / n)

            let part = Semidefinite.positivePart n own

            for k in 0 .. n * n - 1 do
                result[first + k % n, first + k / n] <- part[k]

            first <- last + 1

        result

    /// A curvature over all parameters, from that over the free entries and those of the terms with a form.
    let private overParameters
        (layout: ThetaLayout)
        (ofEntries: SquareBlock)
        (ofForms: (int * EffectsForm * float[]) list)
        =
        if layout.IsPlain then
            ofEntries
        else
            let result = SquareBlock.zero layout.Parameters

            for t in 0 .. layout.Forms.Length - 1 do
                let from, into = layout.Starts[t], layout.ParameterStarts[t]

                for k in 0 .. layout.Starts[t + 1] - from - 1 do
                    for l in 0 .. layout.Starts[t + 1] - from - 1 do
                        result[into + k, into + l] <- ofEntries[from + k, from + l]

            for start, form, own in ofForms do
                let count = form.Names.Length

                for k in 0 .. count - 1 do
                    for l in 0 .. count - 1 do
                        result[start + k, start + l] <- own[k + l * count]

            result

    /// All of it.
    let whole (layout: ThetaLayout) (theta: ImmutableArray<float>) (d: float[][]) : SquareBlock =
        let entries = layout.Entries

        overParameters
            layout
            (SquareBlock.init entries.Length (ofEntries d entries))
            (CovarianceDirections.curvatures layout theta d)

    /// Where it is positive semidefinite: it vanishes at an optimum and keeps steps sound near a variance of zero.
    let positive (layout: ThetaLayout) (theta: ImmutableArray<float>) (d: float[][]) : SquareBlock =
        overParameters
            layout
            (positiveOfEntries d layout.Entries)
            (CovarianceDirections.positiveCurvatures layout theta d)
