namespace LmmFunctional.Analysis

open System
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

/// <summary>A fit made ready for tests by one method: what is costly is computed once.</summary>
[<ReferenceEquality; StructuredFormatDisplay("{Display}")>]
type Inference = internal {
    Source: Fit
    How: DegreesOfFreedomMethod
    Basis: TestBasis
    /// Why a contrast of the kept columns cannot be tested, whatever its degrees of freedom.
    ReasonAgainst: float[] -> string option
} with

    /// The fit.
    member inference.Fit = inference.Source

    /// How degrees of freedom are found.
    member inference.Method = inference.How

    /// <summary>Cov(β̂) of the kept columns, p×p, adjusted where the method does so.</summary>
    member inference.Covariance =
        let root = inference.Basis.Root
        let p = root.Rows

        let inner =
            match inference.Basis.Adjustment with
            | None -> Array.init (p * p) (fun k -> if k % (p + 1) = 0 then 1.0 else 0.0)
            | Some u -> Array.init (p * p) (fun k -> (if k % (p + 1) = 0 then 1.0 else 0.0) + 2.0 * u[k])

        Matrix(p, p, Semidefinite.congruence p root.Values inner)

    member private this.Display =
        $"tests of {this.Source.Spec}: {DegreesOfFreedomMethod.describe this.How}"

    /// The model and the method.
    override this.ToString() = this.Display

/// <summary>Tests and intervals for linear functions of the fixed effects.</summary>
[<RequireQualifiedAccess>]
module Inference =

    /// <summary>A fit made ready for tests by a method.</summary>
    /// <returns>What tests and tables are made from, or: Kenward-Roger for a fit by ML, no subjects for
    /// between-within.</returns>
    let create (method: DegreesOfFreedomMethod) (fit: Fit) : Result<Inference, LmmError list> =
        let method = TestBasis.taken method fit

        TestBasis.create method fit
        |> Result.map (fun basis -> {
            Source = fit
            How = method
            Basis = basis
            ReasonAgainst = Testability.ofFit fit
        })

    let private isPositive (df: float) = df > 0.0

    /// <summary>The estimate of a contrast of the kept columns, tested against a value.</summary>
    let internal ofKept level name (contrast: float[]) tested (inference: Inference) : Estimate =
        let framed = TestBasis.inFrame inference.Basis.Root contrast
        let estimate = SatterthwaiteAndKenwardRoger.dot contrast inference.Source.Inner.Beta
        let error = sqrt (max 0.0 (TestBasis.covariance inference.Basis framed framed))
        let df = inference.Basis.Degrees contrast framed

        let reason =
            match inference.ReasonAgainst contrast with
            | None when not (Double.IsFinite error) -> Some Testability.unresolved
            | None when not (isPositive df) -> Some Testability.noDegreesOfFreedom
            | reason -> reason

        if reason.IsSome then
            {
                Name = name
                Estimate = estimate
                StandardError =
                    if reason = Some Testability.certain then 0.0
                    elif reason = Some Testability.noDegreesOfFreedom then error
                    else nan
                Df = nan
                Statistic = nan
                P = nan
                Lower = nan
                Upper = nan
                NotTestable = reason
            }
        else
            let statistic = (estimate - tested) / error
            let margin = Probability.quantile df level * error

            {
                Name = name
                Estimate = estimate
                StandardError = error
                Df = df
                Statistic = statistic
                P = Probability.twoSided df statistic
                Lower = estimate - margin
                Upper = estimate + margin
                NotTestable = None
            }

    // Rows that depend on others to this share of their length add no degree of freedom.
    let private dependent = 1e-10

    /// The rank of functions given in the frame, their lengths made one.
    let internal rankOf (framed: float[][]) =
        let unit =
            framed
            |> Array.choose (fun a ->
                let length = sqrt (SatterthwaiteAndKenwardRoger.dot a a)

                if length > 0.0 then
                    Some(a |> Array.map (fun value -> value / length))
                else
                    None)

        // AAᵀ and AᵀA have the same eigenvalues but for zeros: the smaller one, for 1,540 pairs of 56 means are many.
        let vectors =
            if unit.Length > 0 && unit[0].Length < unit.Length then
                Array.init unit[0].Length (fun j -> unit |> Array.map (fun a -> a[j]))
            else
                unit

        let q = vectors.Length

        let gram =
            Array.init (q * q) (fun k -> SatterthwaiteAndKenwardRoger.dot vectors[k % q] vectors[k / q])

        let struct (values, _) = Semidefinite.eigen q gram
        values |> Array.filter (fun value -> value > dependent) |> Array.length

    /// <summary>The joint test of contrasts of the kept columns against values.</summary>
    /// <remarks>The covariance of the functions is taken apart into its eigenvectors, as lmerTest and SAS do: for
    /// Satterthwaite the
    /// df depend on how the functions are written, for all other methods they do not.</remarks>
    let private jointOf name (contrasts: float[][]) (tested: float[]) (inference: Inference) : JointTest =
        let framed = contrasts |> Array.map (TestBasis.inFrame inference.Basis.Root)
        let q = contrasts.Length

        let gram =
            Array.init (q * q) (fun k -> SatterthwaiteAndKenwardRoger.dot framed[k % q] framed[k / q])

        let struct (values, vectors) = Semidefinite.eigen q gram
        let rank = rankOf framed

        let differences =
            Array.map2
                (fun contrast value -> SatterthwaiteAndKenwardRoger.dot contrast inference.Source.Inner.Beta - value)
                contrasts
                tested

        // Eigenvalues ascend: the last ones are those of the independent functions.
        let directions = [| for e in q - 1 .. -1 .. q - rank -> e |]

        let along e (rows: float[][]) =
            CovarianceMoments.combine
                rows[0].Length
                (Seq.init q (fun i -> vectors[i + e * q] / sqrt values[e], rows[i]))

        let rows = directions |> Array.map (fun e -> along e framed)

        let scores =
            directions
            |> Array.map (fun e ->
                Seq.init q (fun i -> vectors[i + e * q] / sqrt values[e] * differences[i])
                |> Seq.sum)

        let wald =
            match inference.Basis.Adjustment with
            | None -> SatterthwaiteAndKenwardRoger.dot scores scores
            | Some _ ->
                let adjusted =
                    Array.init (rank * rank) (fun k ->
                        TestBasis.covariance inference.Basis rows[k % rank] rows[k / rank])

                SatterthwaiteAndKenwardRoger.form (Semidefinite.inverse rank adjusted) scores scores

        let struct (scale, df) = inference.Basis.JointDegrees contrasts rows
        let f = scale * wald / float rank

        {
            Name = name
            NumeratorDf = rank
            DenominatorDf = df
            F = f
            Scale = scale
            P = Probability.upperF rank df f
            NotTestable = None
        }

    /// <summary>The joint test of contrasts of the kept columns against values, or why there is none.</summary>
    let internal jointOfKept name (contrasts: float[][]) (tested: float[]) (inference: Inference) : JointTest =
        let framed = contrasts |> Array.map (TestBasis.inFrame inference.Basis.Root)
        let rank = rankOf contrasts

        let without reason = {
            Name = name
            NumeratorDf = rank
            DenominatorDf = nan
            F = nan
            Scale = nan
            P = nan
            NotTestable = Some reason
        }

        match contrasts |> Array.tryPick inference.ReasonAgainst with
        | Some reason -> without reason
        | None when rankOf framed < rank -> without Testability.certain
        | None ->
            let test = jointOf name contrasts tested inference

            if isPositive test.DenominatorDf && not (Double.IsNaN test.F) then
                test
            else
                without Testability.noDegreesOfFreedom

    /// <summary>The estimate of one function of the coefficients of all columns of X.</summary>
    /// <param name="level">Of the interval, between 0 and 1.</param>
    /// <param name="name">What the function is called.</param>
    /// <param name="contrast">Its coefficients, one for each of <c>AllNames</c> of the fixed design.</param>
    /// <param name="inference">The fit and the method.</param>
    /// <returns>The estimate, or: the function is not estimable, with the columns that make it so.</returns>
    /// <exception cref="T:System.ArgumentException">The level is not between 0 and 1; there is not one finite coefficient
    /// for each column of X.</exception>
    let estimate level name (contrast: float[]) (inference: Inference) : Result<Estimate, LmmError list> =
        Guard.level (nameof level) level
        let columns = inference.Source.Design.Fixed.AllNames.Length

        if contrast.Length <> columns then
            invalidArg
                (nameof contrast)
                $"A function of this model has {columns} coefficients, one for each column of X, not {contrast.Length}."

        Guard.finite (nameof contrast) "A coefficient" contrast

        Estimable.reduce inference.Source.Design.Fixed name contrast
        |> Result.map (fun kept -> ofKept level name kept 0.0 inference)

    /// <summary>Tests a hypothesis: each of its functions, and all of them together.</summary>
    /// <param name="level">Of the intervals, between 0 and 1.</param>
    /// <param name="hypothesis">The functions and the values they are tested against.</param>
    /// <param name="inference">The fit and the method.</param>
    /// <returns>The test, or: which functions are not estimable and why.</returns>
    /// <exception cref="T:System.ArgumentException">The level is not between 0 and 1; the hypothesis has not one finite
    /// coefficient for each column of X.</exception>
    let test level (hypothesis: LinearHypothesis) (inference: Inference) : Result<HypothesisTest, LmmError list> =
        Guard.level (nameof level) level
        let design = inference.Source.Design.Fixed
        let columns = design.AllNames.Length

        if hypothesis.Matrix.Columns <> columns then
            invalidArg
                (nameof hypothesis)
                $"A hypothesis about this model has {columns} columns, not {hypothesis.Matrix.Columns}."

        Guard.finite (nameof hypothesis) "A coefficient" hypothesis.Matrix.Values
        Guard.finite (nameof hypothesis) "A value that is tested" hypothesis.Values
        let rows = Matrix.transpose hypothesis.Matrix

        hypothesis.Labels
        |> List.mapi (fun i label -> Estimable.reduce design label (rows.Column i))
        |> Problems.all
        |> Result.map (fun kept -> {
            Estimates =
                List.zip hypothesis.Labels kept
                |> List.mapi (fun i (label, contrast) -> ofKept level label contrast hypothesis.Values[i] inference)
            Joint =
                jointOfKept
                    (String.concat ", " hypothesis.Labels)
                    (Array.ofList kept)
                    (Array.ofSeq hypothesis.Values)
                    inference
            Method = inference.How
        })

    /// <summary>The fixed effects with degrees of freedom, tests and intervals, in the order of the fit.</summary>
    /// <param name="level">Of the intervals, between 0 and 1.</param>
    /// <param name="inference">The fit and the method.</param>
    /// <exception cref="T:System.ArgumentException">The level is not between 0 and 1.</exception>
    let coefficients level (inference: Inference) : Estimate list =
        Guard.level (nameof level) level
        let names = inference.Source.Design.Fixed.Names

        [
            for i in 0 .. names.Length - 1 do
                let contrast = Array.init names.Length (fun j -> if i = j then 1.0 else 0.0)
                ofKept level names[i] contrast 0.0 inference
        ]
