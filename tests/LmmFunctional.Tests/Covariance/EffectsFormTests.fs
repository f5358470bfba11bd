/// <summary>The factors of random effects' covariances.</summary>
module LmmFunctional.Tests.EffectsFormTests

open Expecto
open LmmFunctional.Numerics
open LmmFunctional.Model
open LmmFunctional.Estimation

let private s = 4

let private effects = FormCases.line s

let private structures =
    FormCases.byLevel
    @ [ Structure.ReducedRank 1; Structure.ReducedRank 2; Structure.ReducedRank s ]

let private products = [
    "us x ar1", Structure.Kronecker(Structure.Unstructured, Structure.Autoregressive)
    "ar1 x diag", Structure.Kronecker(Structure.Autoregressive, Structure.Diagonal)
    "us x csh", Structure.Kronecker(Structure.Unstructured, Structure.HeterogeneousCompoundSymmetry)
    "cs x ar1", Structure.Kronecker(Structure.CompoundSymmetry, Structure.Autoregressive)
]

let private forms = [
    for structure in structures do
        $"%A{structure}", EffectsForm.create structure effects
    for name, structure in products do
        name, EffectsForm.ofFactors structure [ FormCases.line 2; FormCases.line 3 ]
]

let private square order (lambda: float[]) = Semidefinite.square order lambda

let private random (form: EffectsForm) seed =
    FormCases.random seed (EffectsForm.count form) 1.0

[<Tests>]
let tests =
    testList "EffectsFormTests" [
        testPropertyWithConfig (Law.tries 20) "the factor of a relative form is that of its elements" (fun seed ->
            Law.holds [
                for structure in structures do
                    let form = EffectsForm.create structure effects
                    let relative = StructureForm.create structure effects
                    let tau = random form seed

                    // A signed deviation for all, or one for each effect, is followed by the form's own parameters.
                    let expected =
                        match StructureForm.shapeOf structure effects with
                        | StructureShape.PerPosition correlation ->
                            let own = Jet.constants (Array.skip s tau)

                            CovarianceForm.matrix correlation own [| 0 .. s - 1 |]
                            |> Array.mapi (fun at c -> tau[at % s] * tau[at / s] * c.Value)
                            |> Some
                        | StructureShape.Scaled _ when relative.HasEqualVariances ->
                            let own = Jet.constants (Array.skip 1 tau)

                            CovarianceForm.matrix relative own [| 0 .. s - 1 |]
                            |> Array.map (fun c -> tau[0] * tau[0] * c.Value)
                            |> Some
                        | _ -> None

                    match expected with
                    | Some expected ->
                        yield! Law.nearAll $"%A{structure}" 1e-12 expected (square s (EffectsForm.lambda form tau))
                    | None -> ()
            ])

        testPropertyWithConfig (Law.tries 20) "natural parameters lead back to the covariance" (fun seed ->
            Law.holds [
                for name, form in forms do
                    // Beyond zero a standard deviation leaves the structure.
                    let tau =
                        random form seed
                        |> Array.mapi (fun k value ->
                            if Array.contains k form.Deviations then
                                abs value
                            else
                                value)

                    let natural = form.Natural(Jet.constants tau) |> Array.map _.Value

                    let g tau =
                        square form.Order (EffectsForm.lambda form tau)

                    match form.Unconstrained natural with
                    | Some back when tau |> Seq.forall ((<>) 0.0) ->
                        // Signs of loadings are lost: elements agree up to those of their row and column.
                        yield! Law.nearAll name 1e-9 (g tau |> Array.map abs) (g back |> Array.map abs)
                    | Some _ -> ()
                    | None -> $"{name}: no τ for {natural}"

                    // What is multiplied by σ is what the scale of λ is in.
                    let scaled =
                        Array.map2 (fun value power -> if power = 0 then value else 3.0 * value) tau form.Powers

                    yield! Law.nearAll $"{name}, scale" 1e-10 (g tau |> Array.map ((*) 9.0)) (g scaled)
            ])

        testPropertyWithConfig (Law.tries 10) "derivatives are those of differences" (fun seed ->
            Law.holds [
                for name, form in forms do
                    yield! FormCases.differences name 1e-5 (random form seed) form.Covariance
            ])

        testPropertyWithConfig (Law.tries 10) "the weighted curvature is that of the elements" (fun seed ->
            Law.holds [
                for name, form in forms do
                    let tau = random form seed
                    let order = form.Order
                    let half = FormCases.random (seed + 1) (order * order) 1.0

                    let w =
                        Array.init half.Length (fun at -> half[at] + half[at / order + at % order * order])

                    let expected = EffectsForm.curvature form (form.Covariance(Jet.variables tau)) w

                    yield! Law.nearAll name 1e-11 expected (form.Curvature tau w)
            ])

        testPropertyWithConfig (Law.tries 10) "the factor is that of the covariance" (fun seed ->
            Law.holds [
                for name, form in forms do
                    let tau = random form seed
                    let expected = form.Covariance(Jet.constants tau) |> Array.map _.Value
                    yield! Law.nearAll name 1e-11 expected (square form.Order (EffectsForm.lambda form tau))
            ])

        testPropertyWithConfig
            (Law.tries 10)
            "curvature is the weighted sum of second derivatives of the covariance"
            (fun seed ->
                Law.holds [
                    for name, form in forms do
                        let order, k = form.Order, EffectsForm.count form
                        let noise = FormCases.random (seed + 1) (order * order) 1.0

                        let w =
                            Array.init (order * order) (fun at -> noise[at] + noise[at / order + at % order * order])

                        let tau = random form seed

                        let along tau =
                            let jets = form.Covariance(Jet.variables tau)

                            EffectsForm.derivatives form jets
                            |> Array.map (fun slope -> Dense.Dot(w, slope))

                        let column l =
                            let moved change =
                                tau
                                |> Array.mapi (fun at value -> if at = l then value + change else value)
                                |> along

                            let h = 1e-4
                            Array.map2 (fun above below -> (above - below) / (2.0 * h)) (moved h) (moved -h)

                        let expected = Array.init k column |> Array.concat

                        yield!
                            Law.relativeAll
                                name
                                1e-5
                                expected
                                (EffectsForm.curvature form (form.Covariance(Jet.variables tau)) w)
                ])

        testPropertyWithConfig (Law.tries 10) "products of factors are products of covariances" (fun seed ->
            Law.holds [
                for name, structure in products do
                    let form = EffectsForm.ofFactors structure [ FormCases.line 2; FormCases.line 3 ]
                    let g = square 6 (EffectsForm.lambda form (random form seed))
                    let at i1 i2 j1 j2 = g[i1 + 2 * i2 + 6 * (j1 + 2 * j2)]

                    for i1 in 0..1 do
                        for j1 in 0..1 do
                            for i2 in 0..2 do
                                for j2 in 0..2 do
                                    // Elements of a product of rank one in the two pairs of indices.
                                    yield!
                                        Law.near name 1e-11 (at i1 i2 j1 j2 * at 0 0 0 0) (at i1 0 j1 0 * at 0 i2 0 j2)
            ])

        testPropertyWithConfig (Law.tries 20) "reduced rank has that rank, and full rank is unstructured" (fun seed ->
            let rank q =
                let form = EffectsForm.create (Structure.ReducedRank q) effects
                let lambda = EffectsForm.lambda form (random form seed)

                Seq.init s (fun c -> Seq.init s (fun i -> abs lambda[i + c * s]) |> Seq.sum)
                |> Seq.filter (fun size -> size > 0.0)
                |> Seq.length

            let full = EffectsForm.create (Structure.ReducedRank s) effects
            let free = EffectsForm.create Structure.Unstructured effects
            let tau = random free seed
            let shape = RelativeFactor.create Structure.Unstructured s

            Law.holds [
                for q in 1..s do
                    yield! Law.isTrue $"rank {rank q}, not {q}" (rank q = q)
                yield! Law.nearAll "full rank" 0.0 (EffectsForm.lambda free tau) (EffectsForm.lambda full tau)
                yield!
                    Law.nearAll "lme4's order" 0.0 (RelativeFactor.toMatrix tau 0 shape) (EffectsForm.lambda free tau)
            ])

        testCase "zero deviations are ordinary points" (fun () ->
            Law.assertHolds [
                for name, form in forms do
                    let tau = form.Start(Array.create form.Order 0.5)

                    for place in form.Deviations do
                        tau[place] <- 0.0

                    let jets = form.Covariance(Jet.variables tau)

                    yield!
                        Law.isTrue
                            name
                            (jets
                             |> Array.forall (fun jet ->
                                 jet.First |> Array.forall System.Double.IsFinite
                                 && jet.Second |> Array.forall System.Double.IsFinite))
            ])

        testCase "names, kinds and starts are as many as parameters" (fun () ->
            Law.assertHolds [
                for name, form in forms do
                    let start = form.Start(Array.create form.Order 0.5)
                    let k = form.Names.Length
                    yield! Law.isTrue $"{name}: kinds" (form.Kinds.Length = k)
                    yield! Law.isTrue $"{name}: start" (start.Length = k)
                    yield! Law.isTrue $"{name}: natural" ((form.Natural(Jet.constants start)).Length = k)
                    yield! Law.isTrue $"{name}: distinct names" (Array.distinct form.Names = form.Names)
            ])
    ]
