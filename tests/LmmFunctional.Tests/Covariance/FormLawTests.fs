/// <summary>What holds for every covariance form.</summary>
module LmmFunctional.Tests.FormLawTests

open System
open Expecto
open MathNet.Numerics.LinearAlgebra
open LmmFunctional.Model
open LmmFunctional.Estimation

let private matrix form m tau =
    CovarianceForm.matrix form (Jet.constants tau) [| 0 .. m - 1 |]
    |> Array.map _.Value

let private random form size seed =
    FormCases.random seed (CovarianceForm.count form) size

[<Tests>]
let tests =
    testList "FormLawTests" [
        testPropertyWithConfig (Law.tries 30) "positive definite for any tau" (fun seed ->
            Law.holds [
                for name, form, m in FormCases.all do
                    let values = matrix form m (random form 3.0 seed)
                    let sd = Array.init m (fun i -> sqrt values[i + i * m])

                    let correlations =
                        Matrix<float>.Build.Dense(m, m, fun i j -> values[i + j * m] / (sd[i] * sd[j]))

                    let smallest =
                        correlations.Evd(Symmetricity.Symmetric).EigenValues
                        |> Seq.map _.Real
                        |> Seq.min
                    // Correlations close to one may round to a singular matrix.
                    yield! Law.isTrue $"{name}: smallest eigenvalue {smallest}" (smallest > -1e-12)
                    yield! Law.near $"{name}: first variance" 1e-12 1.0 values[0]

                    if form.HasEqualVariances then
                        yield! Law.nearAll $"{name}: variances" 1e-12 (Array.create m 1.0) sd
            ])

        testPropertyWithConfig (Law.tries 10) "far out everything is still a number" (fun seed ->
            Law.holds [
                for name, form, m in FormCases.all do
                    let jets =
                        CovarianceForm.matrix form (Jet.variables (random form 10.0 seed)) [| 0 .. m - 1 |]

                    let isFinite (jet: Jet) =
                        Double.IsFinite jet.Value
                        && jet.First |> Array.forall Double.IsFinite
                        && jet.Second |> Array.forall Double.IsFinite

                    yield! Law.isTrue name (jets |> Array.forall isFinite)
            ])

        testPropertyWithConfig (Law.tries 10) "derivatives of elements are those of differences" (fun seed ->
            Law.holds [
                for name, form, m in FormCases.all do
                    yield!
                        FormCases.differences name 1e-6 (random form 1.0 seed) (fun tau ->
                            CovarianceForm.matrix form tau [| 0 .. m - 1 |])
            ])

        testPropertyWithConfig (Law.tries 10) "derivatives of natural parameters are those of differences" (fun seed ->
            Law.holds [
                for name, form, _ in FormCases.all do
                    yield! FormCases.differences name 1e-6 (random form 1.0 seed) form.Natural
            ])

        testPropertyWithConfig (Law.tries 30) "tau of natural parameters gives them back" (fun seed ->
            Law.holds [
                for name, form, _ in FormCases.all do
                    let natural tau =
                        form.Natural(Jet.constants tau) |> Array.map _.Value

                    let parameters = natural (random form 1.5 seed)

                    match form.Unconstrained parameters with
                    | Some tau -> yield! Law.nearAll name 1e-9 parameters (natural tau)
                    | None -> $"{name}: %A{parameters} are said to be impossible"
            ])

        testCase "names, kinds and starts are as many as parameters" (fun () ->
            Law.assertHolds [
                for name, form, m in FormCases.all do
                    let natural = form.Natural(Jet.constants form.Start) |> Array.map _.Value
                    let k = form.Names.Length
                    yield! Law.isTrue $"{name}: kinds" (form.Kinds.Length = k)
                    yield! Law.isTrue $"{name}: start" (form.Start.Length = k)
                    yield! Law.isTrue $"{name}: natural" (natural.Length = k)
                    yield! Law.isTrue $"{name}: distinct names" (Array.distinct form.Names = form.Names)

                    for start in CovarianceForm.starts form do
                        let definite = Matrix<float>.Build.Dense(m, m, matrix form m start)
                        let values = definite.Evd(Symmetricity.Symmetric).EigenValues
                        yield! Law.isTrue $"{name}: start %A{start}" (values |> Seq.forall (fun v -> v.Real > 1e-6))
            ])

        // Bytes count the operations on jets, each of which makes one; a clock would count those of other programs, too.
        testPropertyWithConfig
            (Law.tries 20)
            "all second derivatives of an unstructured 10 x 10 matrix within two megabytes of jets"
            (fun seed ->
                let form = StructureForm.create Structure.Unstructured (FormCases.line 10)
                let tau = random form 1.0 seed
                let before = GC.GetAllocatedBytesForCurrentThread()
                CovarianceForm.matrix form (Jet.variables tau) [| 0..9 |] |> ignore
                let bytes = GC.GetAllocatedBytesForCurrentThread() - before
                Law.holds (Law.atMost "bytes" 2e6 (float bytes)))
    ]
